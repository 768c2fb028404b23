import { useState } from 'react'
import type { ListedFolder } from '../../src/server/messages.ts'
import { folderSource } from './source.ts'
import { WrittenPage } from './WrittenPage.tsx'
import { FOUND } from './words.ts'

/** The pages that lie where the study does: part profiles, comparisons of networks, measures of maps. */
export function Findings({ folders }: { readonly folders: readonly ListedFolder[] }) {
  const pages = (Object.keys(FOUND) as (keyof typeof FOUND)[]).flatMap((kind) =>
    folders.flatMap(({ name, kinds }) =>
      kinds.includes(kind) ? [{ key: `${kind} ${name}`, name, title: `${FOUND[kind]}: ${shown(name)}` }] : [],
    ),
  )
  const [chosen, setChosen] = useState(pages[0]?.key)
  const page = pages.find(({ key }) => key === chosen) ?? pages[0]
  if (!page) return <Nothing />
  return (
    <>
      {pages.length > 1 && (
        <label className="field study-run">
          Page
          <select className="select" value={page.key} onChange={({ target }) => setChosen(target.value)}>
            {pages.map(({ key, title }) => (
              <option key={key} value={key}>
                {title}
              </option>
            ))}
          </select>
        </label>
      )}
      <WrittenPage key={page.key} source={folderSource(page.name)} path="index.html" title={page.title} />
    </>
  )
}

function shown(name: string): string {
  return name.replace(/^disk:/, '')
}

/** What would be shown here, and how to make it. */
function Nothing() {
  return (
    <>
      <p>There are no findings about this study’s networks yet. These commands write some:</p>
      <ul className="study-commands">
        <li>
          <code>npx regard profile FOLDER/runs/RUN/model.onnx --data KIND:PATH</code>
          <span className="faint small">which parts of the face count, group by group</span>
        </li>
        <li>
          <code>npx regard compare MODEL MODEL --data KIND:PATH</code>
          <span className="faint small">where two networks disagree, and why</span>
        </li>
        <li>
          <code>npx regard measure MODEL --data KIND:PATH</code>
          <span className="faint small">whether the maps can be believed</span>
        </li>
      </ul>
    </>
  )
}
