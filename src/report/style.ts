import { averagesStyle } from './averages.ts'

/** What the report's style sheet has besides that of every page: its tables, its figures and its rows of heat maps. */
export const reportStyle = `${averagesStyle}
thead th.letter { text-align: center; padding-bottom: 0; }
thead th.measure { font-weight: 400; font-size: .85em; color: var(--faint); }
tr.faint > * { color: var(--faint); }
tr.faint.first > * { border-top: 1px solid var(--hair); }
th.text, td.text { text-align: left; white-space: normal; min-width: 16rem; }
td small { display: block; font-size: .74rem; line-height: 1.3; }
.paper { color: var(--accent); font-style: italic; }
.scroll:has(small) th, .scroll:has(small) td { padding-left: .3rem; padding-right: .3rem; }
.unfinished { border-left: 3px solid #e69f00; background: var(--tint); padding: .5rem 1rem; }
h4 { font-size: 1rem; font-weight: 600; margin: 1.2rem 0 .3rem; }
nav ol { columns: 2 16rem; max-width: 44rem; padding-left: 1.4rem; font-size: .92rem; }
.findings { list-style: none; padding: 0; max-width: 46rem; }
.findings li { margin: .8rem 0; padding-left: .9rem; border-left: 3px solid var(--hair); }
.findings li.holds { border-color: #009e73; }
.findings li.does-not-hold { border-color: #d55e00; }
.findings p { margin: .1rem 0 0; font-size: .92rem; color: var(--faint); }
#looks .averages { gap: .5rem; }
#looks .averages figure { width: 5.5rem; }
details > summary { color: var(--accent); }
figure .scroll svg { max-width: none; }
figure .scroll + figcaption { margin-top: .5rem; }
.side-by-side > figure { width: min-content; max-width: 100%; }
.side-by-side > figure > figcaption { min-width: 14rem; }
.scroll tbody th { position: sticky; left: 0; background: var(--page); }
.person { display: grid; gap: .35rem; margin: .9rem 0 1.4rem; break-inside: avoid; }
.person > p { margin: 0; font-size: .92rem; }
.maps { display: flex; gap: .35rem; align-items: flex-start; overflow-x: auto; padding: 3px; margin: 0 -3px; }
.maps > .setting { flex: 0 0 2.9rem; align-self: center; font-size: .92rem; }
.maps figure { margin: 0; flex: 0 1 6.4rem; min-width: 3.6rem; }
.maps img { display: block; width: 100%; border-radius: 2px; background: #000; }
.maps .map img { image-rendering: pixelated; }
.maps figcaption { font-size: .74rem; line-height: 1.3; padding-top: .15rem; text-align: center; font-variant-numeric: tabular-nums; }
.maps + .below { margin: 0 0 .6rem 3.25rem; font-size: .8rem; color: var(--faint); }
.maps .answer img { outline: 2px solid var(--accent); outline-offset: 1px; }
.maps .truth figcaption b { text-decoration: underline; text-underline-offset: 2px; }
.two-classes { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); gap: 0 2rem; }
@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 3rem; font-size: 16px; }
  dl { grid-template-columns: 1fr; }
  dd { margin-bottom: .5rem; }
}
@media print {
  nav { display: none; }
  .scroll, .maps { overflow: visible; }
  table { font-size: 8pt; }
  td small { font-size: 6.5pt; }
  th, td { padding: .15rem .3rem; }
  figure .scroll svg { max-width: 100%; }
  #maps figure .scroll svg { width: auto; max-height: 105mm; }
  summary { break-after: avoid; }
  #accuracy, #maps, #confusions, #run { break-before: page; }
  .person { break-inside: auto; }
  .maps { break-inside: avoid; }
}
`
