import { useState } from 'react'
import type { View } from './route.ts'
import { keepTheme, themeNow } from './theme.ts'

const LINKS: readonly (readonly [view: View, name: string])[] = [
  ['look', 'Look'],
  ['models', 'Models'],
  ['study', 'Study'],
  ['teach', 'Teach'],
]

export function Header({ view }: { readonly view: View }) {
  const [theme, setTheme] = useState(themeNow)
  const other = theme === 'dark' ? 'light' : 'dark'
  return (
    <header className="header">
      <a className="brand" href="#/look">
        regard
      </a>
      <nav aria-label="Views">
        <ul>
          {LINKS.map(([each, name]) => (
            <li key={each}>
              <a href={`#/${each}`} aria-current={each === view ? 'page' : undefined}>
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div className="header-end">
        <a className="button plain" href="#/help" aria-current={view === 'help' ? 'page' : undefined}>
          Help
        </a>
        <button
          type="button"
          className="button plain"
          onClick={() => {
            keepTheme(other)
            setTheme(other)
          }}
        >
          {theme === 'dark' ? 'Light' : 'Dark'}
        </button>
      </div>
    </header>
  )
}
