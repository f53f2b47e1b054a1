/** Saving what the server made, under the name of the document. */

export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read it once the click was handled.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
