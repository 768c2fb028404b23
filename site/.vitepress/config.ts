/**
 * The documentation as a site. Its pages are the repository's own, where they lie: README.md is the first page, and
 * docs/*.md are the others.
 */

import { cpSync, existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type MarkdownEnv, type Plugin } from 'vitepress'
import { GROUPS, slug } from '../pages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const site = fileURLToPath(new URL('..', import.meta.url))

/** Files that pages link to and that are no pages, by their paths in the repository: plans, say. */
const linked = new Set<string>()

/** Pages lie outside of this folder, where Vue is not found from: what renders them has it. */
const vueOfThisFolder: Plugin = {
  name: 'vue-of-this-folder',
  enforce: 'pre',
  resolveId: (id, _importer, { ssr }) => (ssr && /^vue(\/|$)/.test(id) ? { id, external: true } : undefined),
}

/** Where on the site a page is, by its path in the repository: a folder's README.md is its index. */
function addressOf(page: string): string {
  return page.replace(/^docs\//, '').replace(/(^|\/)README\.md$/, '$1index.md')
}

export default defineConfig({
  title: 'regard',
  description:
    'Train networks that read age and gender from faces, compare them, and see what each looks at.',
  lang: 'en',
  srcDir: root,
  srcExclude: ['{bench,bin,examples,out,proto,site,src,studio,tests}/**'],
  outDir: join(site, 'dist'),
  cacheDir: join(site, 'node_modules/.vitepress'),
  rewrites: addressOf,
  vite: { plugins: [vueOfThisFolder] },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    anchor: { slugify: slug },
    toc: { slugify: slug },
    headers: { slugify: slug },
    config(markdown) {
      const open = markdown.renderer.rules.link_open
      markdown.renderer.rules.link_open = (tokens, index, options, env: MarkdownEnv, self) => {
        const token = tokens[index]!
        const [path, anchor] = (token.attrGet('href') ?? '').split('#') as [string, string?]
        if (path !== '' && !/^[a-z]+:/.test(path)) {
          const name = relative(root, join(dirname(env.realPath ?? env.path), decodeURI(path))).replaceAll(
            '\\',
            '/',
          )
          if (!existsSync(join(root, name)))
            throw new Error(`${env.relativePath} links to ${path}, which is not there`)
          const to = anchor === undefined ? '' : `#${anchor}`
          if (/^(docs\/.*|[A-Z]+)\.md$/.test(name)) {
            token.attrSet('href', `/${addressOf(name).replace(/(index)?\.md$/, '')}${to}`)
          } else {
            linked.add(name)
            const page = addressOf(relative(root, env.realPath ?? env.path).replaceAll('\\', '/'))
            token.attrSet('href', `${'../'.repeat(page.split('/').length - 1) || './'}files/${name}`)
            // A file, not a page: the browser fetches it.
            token.attrSet('target', '_self')
          }
        }
        return open ? open(tokens, index, options, env, self) : self.renderToken(tokens, index, options)
      }
    },
  },
  buildEnd({ outDir }) {
    for (const name of linked) {
      cpSync(join(root, name), join(outDir, 'files', name), {
        recursive: statSync(join(root, name)).isDirectory(),
      })
    }
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Tutorial', link: '/tutorial' },
      { text: 'Glossary', link: '/glossary' },
      { text: 'Types', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      ...Object.entries(GROUPS).map(([text, pages]) => ({
        text,
        items: [
          ...Object.entries(pages).map(([name, text]) => ({ text, link: `/${name}` })),
          ...(text === 'Reference' ? [{ text: 'Types', link: '/api/index.html', target: '_self' }] : []),
        ],
      })),
      {
        text: 'Results',
        items: [
          { text: 'All-Age-Faces', link: '/results/aaf/' },
          { text: 'AdienceNet', link: '/results/aaf-adiencenet/' },
          { text: 'GoogLeNet', link: '/results/aaf-googlenet/' },
          { text: 'What two GoogLeNets look at', link: '/results/aaf-looks/' },
          { text: 'torchvision’s networks', link: '/results/torchvision' },
        ],
      },
      {
        text: 'regard',
        items: [
          { text: 'What has changed', link: '/CHANGELOG' },
          { text: 'Security', link: '/SECURITY' },
        ],
      },
    ],
  },
})
