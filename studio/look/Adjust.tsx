import { Tabs } from '@base-ui/react/tabs'
import { Drawing } from './Drawing.tsx'
import { PartTable } from './PartTable.tsx'
import { Rules } from './Rules.tsx'

/** What can be changed about the maps, and what they say in numbers. */
export function Adjust() {
  return (
    <aside className="adjust panel" aria-label="Adjust">
      <Tabs.Root defaultValue="rules">
        <Tabs.List className="tabs" aria-label="Adjust">
          <Tabs.Tab value="rules">Rules</Tabs.Tab>
          <Tabs.Tab value="parts">Parts</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="rules" className="tab">
          <Drawing />
          <Rules />
        </Tabs.Panel>
        <Tabs.Panel value="parts" className="tab">
          <PartTable />
        </Tabs.Panel>
      </Tabs.Root>
    </aside>
  )
}
