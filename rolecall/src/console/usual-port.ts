/** Where the console is when nobody says otherwise: always the same, so that a page that is open finds the next local run. */
export const usualPort = 4170;
