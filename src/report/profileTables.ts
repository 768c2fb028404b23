/** The share of each part of the face, and the parts in which two kinds of faces differ, as tables and sentences. */

import { type Html, html } from '../base/html.ts'
import type { Classing, Difference, GroupProfile, Mean } from '../evaluation/profile.ts'
import { points, pText } from './words.ts'

/** The most classes that the figure and the table show separately; more would be confusing. */
const MOST_CLASSES = 8

/** What is explained, in words. */
export const WORDS: Record<Classing, string> = { answer: 'the answer', label: 'the class' }

/** The profiles of single classes. */
export function classesIn(groups: readonly GroupProfile[], by: Classing): GroupProfile[] {
  return groups.filter(({ group }) => group.startsWith(`${by} `)).slice(0, MOST_CLASSES)
}

/** The parts by their share of all that speaks for the class, the largest first. */
export function sorted({ parts }: GroupProfile): GroupProfile['parts'] {
  return [...parts].sort((a, b) => b.positive.mean - a.positive.mean)
}

/** The share of each part: overall, for each class, relative to its size, and of what speaks against the class. */
export function groupTable(groups: readonly GroupProfile[], by: Classing): Html {
  const [all] = groups as [GroupProfile, ...GroupProfile[]]
  const classes = classesIn(groups, by)
  const columns = [all, ...(classes.length > 1 ? classes : [])]
  return html`<div class="scroll"><table><caption>share of what speaks for ${WORDS[by]}, %, with its 95 % interval</caption>
<thead><tr><th>part</th><th>of the picture</th>${columns.map(({ group, faces }) => html`<th>${group} <small>n ${faces}</small></th>`)}<th>by its size</th><th>against ${WORDS[by]}</th></tr></thead>
<tbody>${sorted(all).map(({ part, area, perArea, negative }) => {
    const own = columns.map(({ parts }) => parts.find((each) => each.part === part)!)
    return html`<tr><th>${part.replace('_', ' ')}</th><td>${percent(area)}</td>${own.map(({ positive }) => html`<td>${inPercent(positive)}</td>`)}<td>${times(perArea)}</td><td>${inPercent(negative)}</td></tr>`
  })}</tbody></table></div>`
}

/** The parts in which two kinds of faces differ, as a sentence. */
export function differenceText({ a, b, people, parts }: Difference): Html {
  if (people.includes(0))
    return html`<p><b>${a} against ${b}:</b> no faces to compare have a map with parts.</p>`
  const told = parts.filter(({ p }) => p < 0.05)
  const words =
    told.length === 0
      ? 'no part differs by more than chance would bring.'
      : [...told]
          .sort((x, y) => Math.abs(y.difference) - Math.abs(x.difference))
          .map(
            ({ part, difference, p }) =>
              `${difference > 0 ? 'more' : 'less'} on ${part.replace('_', ' ')} (${points(difference)} points, p ${pText(p)})`,
          )
          .join(', ')
  return html`<p><b>${a} against ${b}:</b> ${words} <span class="faint">${people[0] === people[1] ? `${people[0]}` : `${people[0]} and ${people[1]}`} people; p by person, adjusted over the parts (Holm).</span></p>`
}

/** `–` where no map says it. */
function percent(share: number): string {
  return Number.isFinite(share) ? (100 * share).toFixed(1) : '–'
}

function inPercent({ mean, interval }: Mean): Html {
  return html`${percent(mean)}${interval ? html` <small>${percent(interval.low)}–${percent(interval.high)}</small>` : undefined}`
}

function times({ mean, interval }: Mean): Html {
  if (!Number.isFinite(mean)) return html`–`
  return html`${mean.toFixed(2)}${interval ? html` <small>${interval.low.toFixed(2)}–${interval.high.toFixed(2)}</small>` : undefined}`
}
