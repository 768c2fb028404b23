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

// Which of the two kinds it is, so that errors fit that kind. Text that is not YAML is reported where it is parsed in
// full.
function methodOf(text: string): keyof typeof schemas {
  try {
    return parse(text)?.method === 'gradient' ? 'gradient' : 'relevance'
  } catch {
    return 'relevance'
  }
}
