import { Menu } from '@base-ui/react/menu'
import { useRef, useState } from 'react'
import { messageOf } from '../../src/base/errors.ts'
import { download } from '../app/download.ts'
import { numbersFile, relevanceFile } from './export/numbers.ts'
import { pageOf } from './export/page.ts'
import { pngOf, sheetOf, svgOf } from './export/sheet.ts'
import { fileNameOf, holdPhoto, type Taken, takenFrom } from './export/taken.ts'
import { getLook, type LookState, useLook } from './store.ts'
import './export.css'

const PHOTO = 'This file contains the photo.'

/**
 * Files of what is shown: made in the page from pixels and numbers, so that they contain nothing of the photo's file.
 */
export function Export() {
  const state = useLook()
  const [error, setError] = useState<string | undefined>(undefined)
  const place = useRef<HTMLDivElement>(null)
  const taken = takenFrom(state)
  const seen = holdPhoto(taken, state.drawing)
  const save = async (ending: string, make: () => BlobPart | Promise<Blob>, of: readonly Taken[] = taken) => {
    setError(undefined)
    try {
      const made = await make()
      download(
        fileNameOf(of, ending),
        made instanceof Blob ? made : new Blob([made], { type: TYPES[ending] }),
      )
    } catch (reason) {
      setError(`No file was made: ${messageOf(reason)}`)
    }
  }
  return (
    <div ref={place}>
      <Menu.Root defaultOpen modal={false}>
        <Menu.Trigger id="export" className="button" disabled={taken.length === 0}>
          Export
        </Menu.Trigger>
        <Menu.Portal container={place}>
          <Menu.Positioner className="menu-place" sideOffset={4} align="end">
            <Menu.Popup className="menu panel">
              <Menu.Group>
                <Menu.GroupLabel className="menu-label tiny faint">Maps</Menu.GroupLabel>
                <Item
                  name="Picture, PNG"
                  note={seen ? PHOTO : undefined}
                  act={() => save('.png', () => pngOf(sheet()))}
                />
                {seen && (
                  <Item
                    name="Picture, PNG, without the photo"
                    act={() => save('.png', () => pngOf(sheet(true)))}
                  />
                )}
                <Item
                  name="Drawing, SVG"
                  note={seen ? PHOTO : undefined}
                  act={() => save('.svg', () => svgOf(sheet()))}
                />
                {seen && (
                  <Item
                    name="Drawing, SVG, without the photo"
                    act={() => save('.svg', () => svgOf(sheet(true)))}
                  />
                )}
              </Menu.Group>
              <Menu.Group>
                <Menu.GroupLabel className="menu-label tiny faint">Numbers</Menu.GroupLabel>
                {taken.map((each) => (
                  <Item
                    key={`${each.network.id} ${each.question.id}`}
                    name={`Relevance of ${each.network.id}, ${each.look.name}, npy`}
                    act={() => save('.npy', () => relevanceFile(each), [each])}
                  />
                ))}
                <Item
                  name="Settings and numbers, JSON"
                  act={() => save('.json', () => numbersFile(getLook(), taken))}
                />
              </Menu.Group>
              <Menu.Group>
                <Menu.GroupLabel className="menu-label tiny faint">One page</Menu.GroupLabel>
                <Item
                  name="Card, HTML"
                  note={PHOTO}
                  act={() => save('.html', () => pageOf(taken, state.drawing, true))}
                />
                <Item
                  name="Card, HTML, without the photo"
                  act={() => save('.html', () => pageOf(taken, state.drawing, false))}
                />
              </Menu.Group>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      {error && (
        <p role="alert" className="error small">
          {error}
        </p>
      )}
    </div>
  )

  /** @param mapsOnly instead of overlays and photos */
  function sheet(mapsOnly = false) {
    const drawing: LookState['drawing'] = mapsOnly ? { ...state.drawing, show: 'map' } : state.drawing
    return sheetOf({ ...state, drawing }, taken)
  }
}

function Item({
  name,
  note,
  act,
}: {
  readonly name: string
  readonly note?: string
  readonly act: () => void
}) {
  return (
    <Menu.Item className="menu-item" onClick={act}>
      {name}
      {note && <span className="tiny faint"> {note}</span>}
    </Menu.Item>
  )
}

const TYPES: Readonly<Record<string, string>> = {
  '.svg': 'image/svg+xml',
  '.npy': 'application/octet-stream',
  '.json': 'application/json',
  '.html': 'text/html',
}
