/** What a window that is measured is started with (bench/window-app.ts). */
export interface WindowTask {
  /** The app's main script; null: an empty window instead. */
  appMain: string | null;
  appArguments: string[];
  emptyPage: string;
  userData: string;
  /** Painted means: so many elements of this selector are. Told on this channel by the page's preload script. */
  painted: { selector: string; count: number; channel: string };
  unlimitedFrames: boolean;
}

export type WindowCommand = { id: number; script: string } | { id: number; key: string };

/** One line of JSON each on stdout. */
export type WindowAnswer =
  | { kind: 'painted'; atMs: number }
  | { kind: 'done'; id: number; value: unknown }
  | { kind: 'failed'; id: number; text: string };
