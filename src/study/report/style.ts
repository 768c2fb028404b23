/** What the report's style sheet has beside that of every page: its tables and its rows of heat maps. */
export const style = `
thead th.letter { text-align: center; padding-bottom: 0; }
thead th.measure { font-weight: 400; font-size: .85em; color: var(--faint); }
tr.chance > * { color: var(--faint); }
tr.chance.first > * { border-top: 1px solid var(--hair); }
td small { display: block; font-size: .78rem; line-height: 1.25; }
.person { display: grid; gap: .35rem; margin: .9rem 0 1.4rem; break-inside: avoid; }
.person > p { margin: 0; font-size: .92rem; }
.maps { display: flex; gap: .35rem; align-items: flex-start; }
.maps > .setting { flex: 0 0 2.2rem; align-self: center; font-size: .92rem; }
.maps figure { margin: 0; flex: 0 1 6.4rem; min-width: 3.6rem; }
.maps img { display: block; width: 100%; border-radius: 2px; background: #000; }
.maps .map img { image-rendering: pixelated; }
.maps figcaption { font-size: .74rem; line-height: 1.3; padding-top: .15rem; text-align: center; font-variant-numeric: tabular-nums; }
.maps .answer img { outline: 2px solid var(--accent); outline-offset: 1px; }
.maps .truth figcaption b { text-decoration: underline; text-underline-offset: 2px; }
.two-classes { display: grid; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); gap: 0 2rem; }
`
