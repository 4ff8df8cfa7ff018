/**
 * Asks the console's server.
 *
 * @template Answer
 * @param {"GET" | "POST" | "DELETE"} method
 * @param {string} path
 * @param {Blob | object} [body] What is no Blob is sent as JSON.
 * @returns {Promise<Answer>}
 * @throws {Error} with what the server says is wrong
 */
export async function ask(method, path, body) {
  const isJson = body !== undefined && !(body instanceof Blob);
  const response = await fetch(path, {
    method,
    ...(isJson && { headers: { "content-type": "application/json" } }),
    ...(body !== undefined && { body: isJson ? JSON.stringify(body) : body }),
  }).catch(() => {
    throw new Error("The local run does not answer.");
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The local run answered ${response.status}.`);
  return answer;
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
