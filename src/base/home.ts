import { homedir } from 'node:os'
import { join } from 'node:path'

/** A path with its `~` replaced by the home folder, where no shell does that: in a plan, in a table, after a colon. */
export function fromHome(path: string): string {
  return /^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path
}
