/** Whether maps can be told from those of networks with shuffled weights, as a section of a page. */

import { type Html, html } from '../base/html.ts'
import { type SanityCheck, SHUFFLED, sanityInWords } from '../evaluation/sanityCheck.ts'

/** The section, with a sentence or two for each method. */
export function sanitySection({ tests }: SanityCheck): Html {
  return html`<h2>Do the maps show what was learned?</h2>
<p>Each face’s own map is compared with those of ${SHUFFLED} networks with the same weights in disorder: the numbers
of each constant are shuffled. A face counts if its own map is, of all ${SHUFFLED + 1}, the least like the others. If the network’s own
weights were in disorder too, that would happen once in ${SHUFFLED + 1} times.</p>
<ul>${[...tests].map(([method, test]) => html`<li>${sanityInWords(method, test)}</li>`)}</ul>
<p class="faint">|R| in 16 × 16 parts, by the mean correlation with the other maps; p by rank (docs/measures.md). All faces share
the shuffled networks, so they are not independent trials, and p over all faces is one test.</p>`
}
