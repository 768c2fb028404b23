import { homedir } from 'node:os'
import { join } from 'node:path'

/** A path whose `~` stands for the home folder, where a shell has left it: in a plan, a table, behind a colon. */
export function fromHome(path: string): string {
  return /^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path
}
