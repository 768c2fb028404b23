import { useEffect, useRef } from 'react'
import { messageOf } from '../../src/base/errors.ts'
import { type Source, textOf } from './source.ts'
import { useRead } from './useRead.ts'

interface WrittenPageProps {
  readonly source: Source
  /** The path of the page in its folder. */
  readonly path: string
  readonly title: string
}

/** A page that a command wrote. It runs no scripts, and loads nothing. */
export function WrittenPage({ source, path, title }: WrittenPageProps) {
  const url = source.url(path)
  if (url === undefined) return <OwnPage source={source} path={path} title={title} />
  return (
    <>
      <p className="small">
        <a href={url} target="_blank" rel="noreferrer">
          Open it in its own tab
        </a>
      </p>
      <iframe className="study-report panel" title={title} src={url} sandbox="" />
    </>
  )
}

/**
 * One from a folder that was opened from disk: it lacks an address with a policy of its own, so this page's policy
 * applies.
 */
function OwnPage({ source, path, title }: WrittenPageProps) {
  const host = useRef<HTMLElement>(null)
  const { value, error } = useRead(`${title} ${path}`, () => textOf(source, path))
  useEffect(() => {
    if (value !== undefined) show(value, host.current!)
  }, [value])
  if (error)
    return (
      <p className="error small">{`${path} cannot be read. ${messageOf(error)} Open the folder again.`}</p>
    )
  return <section ref={host} className="study-written panel" aria-label={title} />
}

/** Elements that load something, lead elsewhere or cover this page. */
const FORBIDDEN =
  'style, script, iframe, frame, object, embed, link, meta, base, form, template, foreignObject, use'

/** Attributes that run code or hold an address. */
const ADDRESSES =
  /^(on.*|src|href|xlink:href|srcset|poster|action|formaction|background|ping|data|target|autofocus|contenteditable)$/

/**
 * Show a page inside an element, isolated from this page's styles. This page's policy refuses scripts and loading; it
 * also refuses styles in text, so these are created again.
 */
function show(text: string, host: HTMLElement): void {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  root.addEventListener('click', follow)
  // Under other names, or this page's policy would complain of each.
  const renamed = text.replace(/<(\/?)style\b/gi, `<$1${SHEET}`).replace(/(\s)style=/gi, `$1${STYLE}=`)
  const page = new DOMParser().parseFromString(renamed, 'text/html')
  const isDark = getComputedStyle(host).colorScheme === 'dark'
  root.adoptedStyleSheets = [...page.querySelectorAll(SHEET)].map((style) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(
      unloading(style.textContent)
        .replaceAll(':root', ':host')
        .replaceAll('(prefers-color-scheme: dark)', isDark ? 'all' : 'not all'),
    )
    return sheet
  })
  for (const element of page.querySelectorAll(`${SHEET}, ${FORBIDDEN}`)) element.remove()
  for (const element of page.querySelectorAll('*')) disarm(element)
  const body = document.importNode(page.body, true)
  for (const element of body.querySelectorAll<HTMLElement | SVGElement>(`[${STYLE}]`))
    element.style.cssText = element.getAttribute(STYLE)!
  // Wide tables can be scrolled by keys too; and groups in a drawing lack a role that allows a name.
  for (const element of body.querySelectorAll<HTMLElement>('.scroll, .maps')) element.tabIndex = 0
  for (const element of body.querySelectorAll('g[aria-label]')) element.removeAttribute('aria-label')
  root.replaceChildren(body)
}

/** Where style sheets and inline styles wait until they can be set. */
const SHEET = 'own-sheet'
const STYLE = 'data-style'

/** Keep only those attributes of an element that neither run nor load anything. */
function disarm(element: Element): void {
  for (const { name, value } of [...element.attributes]) {
    const isPicture = /^(src|href|xlink:href)$/.test(name) && value.startsWith('data:image/')
    const isLink = name === 'href' && element.localName === 'a' && /^(#|https?:)/.test(value)
    if (name === STYLE) element.setAttribute(STYLE, unloading(value))
    if (name === 'style' || (ADDRESSES.test(name) && !isPicture && !isLink)) element.removeAttribute(name)
  }
  if (element.localName !== 'a') return
  element.setAttribute('target', '_blank')
  element.setAttribute('rel', 'noreferrer')
}

/** A style that loads nothing. */
function unloading(css: string): string {
  return css.replace(/@import[^;]*;?/gi, '').replace(/url\((?!\s*['"]?data:)[^)]*\)/gi, 'none')
}

/** Follow a link within a page: its address is not this page's. */
function follow(event: Event): void {
  const root = event.currentTarget as ShadowRoot
  const link = (event.target as Element).closest('a')?.getAttribute('href')
  if (!link?.startsWith('#')) return
  event.preventDefault()
  root.getElementById(decodeURIComponent(link.slice(1)))?.scrollIntoView()
}
