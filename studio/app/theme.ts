/** Light or dark: like the system, until the user chooses. */

import { keep, kept } from './kept.ts'

export type Theme = 'light' | 'dark'

export function themeNow(): Theme {
  const chosen = kept('theme')
  if (chosen === 'light' || chosen === 'dark') return chosen
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export function applyTheme(theme: Theme = themeNow()): void {
  document.documentElement.dataset.theme = theme
}

export function keepTheme(theme: Theme): void {
  applyTheme(theme)
  keep('theme', theme)
}
