import { keepSingleKeys, SHORTCUTS, useSingleKeys } from './keys.ts'
import { WORDS } from './words.ts'

/** Help: what a map says, and what it does not. */
export function Help() {
  const single = useSingleKeys(({ on }) => on)
  return (
    <article className="prose">
      <h2>What a map shows</h2>
      <p>{WORDS.map}</p>
      <h2>What “gender” means here</h2>
      <p>{WORDS.gender}</p>
      <h2>Where your photos go</h2>
      <p>{WORDS.privacy}</p>
      <h2>Words</h2>
      <dl>
        {WORDS.terms.map(([term, means]) => (
          <div key={term}>
            <dt>
              <b>{term}</b>
            </dt>
            <dd>{means}</dd>
          </div>
        ))}
      </dl>
      <h2>Keys</h2>
      <label>
        <input type="checkbox" checked={single} onChange={({ target }) => keepSingleKeys(target.checked)} />{' '}
        Use single-key shortcuts
      </label>
      <dl className="keys">
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p className="faint small">
        Never while you type in a field. Arrow keys also move the rings of Fix eyes and the cloud of an atlas.
        On a touchscreen, tap a map to read it, rest your finger on it to see the photo, and zoom all maps
        with two fingers.
      </p>
      <h2>The sample</h2>
      <p>Eileen Collins, NASA, 1994; public domain.</p>
    </article>
  )
}
