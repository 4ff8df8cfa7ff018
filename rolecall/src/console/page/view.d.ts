/** One of the page's views. */
export interface View {
  /** Shows what follows the view's name in the address. */
  show(parameter: string | undefined): void;
  /** Listens to nothing any more. */
  close(): void;
}

export type CreateView = (container: HTMLElement) => View;
