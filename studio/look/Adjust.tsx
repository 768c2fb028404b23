import { Tabs } from '@base-ui/react/tabs'
import { lazy, Suspense } from 'react'
import { Drawing } from './Drawing.tsx'
import { PartTable } from './PartTable.tsx'
import { Rules } from './Rules.tsx'
import { setLook, type Tab, useLook } from './store.ts'

// Code that the first screen does not need is loaded on demand.
const Edit = lazy(() => import('./Edit.tsx').then(({ Edit }) => ({ default: Edit })))
const Flow = lazy(() => import('./Flow.tsx').then(({ Flow }) => ({ default: Flow })))

/** Controls for the maps, and what they say in numbers. */
export function Adjust() {
  const tab = useLook(({ tab }) => tab)
  return (
    <aside className="adjust panel" aria-label="Adjust">
      <Tabs.Root value={tab} onValueChange={(tab: Tab) => setLook({ tab })}>
        <Tabs.List className="tabs" aria-label="Adjust">
          <Tabs.Tab value="rules">Rules</Tabs.Tab>
          <Tabs.Tab value="parts">Parts</Tabs.Tab>
          <Tabs.Tab value="flow">Flow</Tabs.Tab>
          <Tabs.Tab value="edit">Edit</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="rules" className="tab">
          <Drawing />
          <Rules />
        </Tabs.Panel>
        <Tabs.Panel value="parts" className="tab">
          <PartTable />
        </Tabs.Panel>
        <Tabs.Panel value="flow" className="tab">
          <Suspense fallback={<p className="faint small">Loading …</p>}>
            <Flow />
          </Suspense>
        </Tabs.Panel>
        <Tabs.Panel value="edit" className="tab">
          <Suspense fallback={<p className="faint small">Loading …</p>}>
            <Edit />
          </Suspense>
        </Tabs.Panel>
      </Tabs.Root>
    </aside>
  )
}
