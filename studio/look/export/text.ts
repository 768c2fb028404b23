const NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for HTML and SVG: names may contain anything, and XML does not allow control characters. */
export function escaped(text: string): string {
  return [...text]
    .filter((letter) => letter >= ' ' && letter !== '\u007f')
    .map((letter) => NAMES[letter] ?? letter)
    .join('')
}
