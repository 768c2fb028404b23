import { parse } from 'yaml'
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
  return parseYaml(text, where, schemas[methodOf(text)])
}

// Which of the two kinds it is, so that its mistakes are told in the words of that kind. What is no YAML at all
// is said by whoever reads it properly.
function methodOf(text: string): keyof typeof schemas {
  try {
    return parse(text)?.method === 'gradient' ? 'gradient' : 'relevance'
  } catch {
    return 'relevance'
  }
}
