/**
 * HTML as text: a template tag that escapes its values, so that a file name or a label from a data set can never become
 * markup.
 */

import { style } from './style.ts'

/** A piece of finished HTML. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Value = Html | string | number | undefined | readonly Value[]

/** `` html`<p>${text}</p>` ``: escapes text and numbers, keeps pieces of HTML, joins lists, skips undefined. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(strings.reduce((text, string, i) => text + render(values[i - 1]) + string))
}

/**
 * A whole, self-contained page.
 *
 * @param own what its style sheet has besides that of every page
 */
export function page(title: string, own: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · regard</title>
<style>${new Html(style + own)}</style>
</head>
<body>
${body}
</body>
</html>
`
}

function render(value: Value): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(render).join('')
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
