/**
 * The style sheet of every page that regard writes: quiet like a printed page, with booktabs' rules, in light and dark.
 */
export const style = `
:root {
  color-scheme: light dark;
  --text: #1c1c1c; --faint: #666; --rule: #1c1c1c; --hair: #ddd; --page: #fff; --tint: #f5f4f0; --accent: #0072b2;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e4df; --faint: #a09d96; --rule: #8d8a84; --hair: #3a3935; --page: #191917; --tint: #232320; --accent: #5fb4e5; }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 3rem 1.5rem 5rem; max-width: 66rem;
  background: var(--page); color: var(--text);
  font: 17px/1.55 Charter, 'Bitstream Charter', 'Iowan Old Style', Georgia, 'Times New Roman', serif;
}
h1 { font-size: 2rem; line-height: 1.2; font-weight: 600; margin: 0 0 .3rem; }
h2 { font-size: 1.3rem; font-weight: 600; margin: 3rem 0 .6rem; }
h3 { font-size: 1.05rem; font-weight: 600; margin: 1.8rem 0 .4rem; }
p, ul, dl { max-width: 44rem; margin: .5rem 0; }
a { color: var(--accent); }
.byline, figcaption, caption, small, .faint { color: var(--faint); }
.byline { margin: 0 0 2rem; overflow-wrap: anywhere; }
.summary { font-size: 1.1rem; }
.note { border-left: 3px solid var(--accent); background: var(--tint); padding: .7rem 1rem; margin: 1.5rem 0; max-width: 46rem; }
.note p { margin: .3rem 0; }
.side-by-side { display: flex; flex-wrap: wrap; gap: 1rem 3.5rem; align-items: flex-start; }
.side-by-side:has(figure) { gap: 0 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums lining-nums; margin: .8rem 0 1.2rem; }
caption { text-align: left; white-space: nowrap; padding-bottom: .4rem; caption-side: top; }
th, td { padding: .28rem .8rem; text-align: right; vertical-align: baseline; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: .2rem; }
thead th { font-weight: 600; }
thead tr:last-child th { border-bottom: 1px solid var(--rule); }
thead tr:first-child th { border-top: 2px solid var(--rule); }
tbody tr:last-child > * { border-bottom: 2px solid var(--rule); }
tbody th { font-weight: 400; }
figure { margin: 1rem 0 1.5rem; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { font-size: .92rem; max-width: 44rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
details { margin: .6rem 0; }
summary { cursor: pointer; }
footer { margin-top: 4rem; border-top: 1px solid var(--hair); padding-top: .8rem; font-size: .9rem; color: var(--faint); }
@media print {
  @page { margin: 15mm; }
  :root {
    color-scheme: light;
    --text: #000; --faint: #555; --rule: #000; --hair: #ccc; --page: #fff; --tint: #f5f4f0; --accent: #0072b2;
  }
  body { font-size: 10.5pt; padding: 0; max-width: none; }
  h2 { break-after: avoid; }
  table, figure { break-inside: avoid; }
  img, .note { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details:not([open])::details-content { content-visibility: visible; block-size: auto; }
}
`
