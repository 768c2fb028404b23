import { parseYaml } from '../../base/yaml.ts'
import { type Composite, schemas } from './composite.ts'

/**
 * Read a user's own composite.
 *
 * @param text the YAML
 * @param where the name of its file, for messages
 * @throws UserError naming file, line and field of everything that is wrong
 */
export function parseComposite(text: string, where: string): Composite {
  return parseYaml<(typeof schemas)[keyof typeof schemas]>(text, where, (data) => schemas[methodOf(data)])
}

// Which of the two kinds it is, so that its mistakes are told in the words of that kind.
function methodOf(data: unknown): keyof typeof schemas {
  return (data as { method?: unknown } | null)?.method === 'gradient' ? 'gradient' : 'relevance'
}
