/** Gives the person a file. It never leaves the computer. */
export function download(file: Blob, name: string): void {
  const href = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href, download: name }).click();
  // The download has begun by then, or never will.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
