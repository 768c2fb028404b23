import { WORDS } from './words.ts'

/** What a map says, and what it does not. */

export function Help() {
  return (
    <article className="prose">
      <h2>What a map shows</h2>
      <p>{WORDS.map}</p>
      <h2>What “gender” means here</h2>
      <p>{WORDS.gender}</p>
      <h2>Where your photos go</h2>
      <p>{WORDS.privacy}</p>
      <h2>Keys</h2>
      <p>
        1 to 4: views. O: open a photo. Ctrl+V: paste one. F: next face. V: map, overlay, photo. Ctrl+Z: undo.
        ?: this page.
      </p>
      <h2>The sample</h2>
      <p>Eileen Collins, NASA, 1994; public domain.</p>
    </article>
  )
}
