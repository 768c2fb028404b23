import { relative } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { Folders, usualFolder } from '../server/folders.ts'
import { listen } from '../server/listen.ts'
import { writeStudio } from '../server/static.ts'
import { untilStopped } from './signal.ts'

interface Flags {
  readonly port: number
  readonly host?: string
  readonly write?: string
}

/** `regard studio [DIR]` */
export function studioCommand(): Command {
  return new Command('studio')
    .description(
      'Open a page that explains photos by several networks side by side, and shows studies while they run and when they are done. No photo leaves the page.',
    )
    .argument(
      '[dir]',
      'the folder of a study, or a folder of studies, atlases and checks (default: out if it exists, or else this folder)',
    )
    .option('--port <n>', 'the port to listen on; 0 for any free port', portFrom, 4080)
    .option(
      '--host <address>',
      'the address to listen on; other machines then need the token that is part of the printed address (default: this machine alone)',
    )
    .option('--write <folder>', 'write the page as files for any web server instead')
    .addHelpText(
      'after',
      '\nExamples:\n  $ regard studio\n  $ regard studio out/synthetic\n  $ regard studio --write site\n',
    )
    .action(run)
}

async function run(dir: string | undefined, { port, host, write }: Flags): Promise<void> {
  if (write !== undefined) {
    writeStudio(write)
    console.log(`Studio: ${write} (serve it with any web server)`)
    return
  }
  const folder = dir ?? usualFolder()
  const folders = new Folders(folder)
  const { url, close } = await listen({ host, port, folders })
  // A study's own folder is named to see that study.
  const [own] = [...folders.all().values()].filter(
    ({ path, kinds }) => path === folders.root && kinds.includes('study'),
  )
  const view = own ? `#/study/${encodeURIComponent(own.name)}` : ''
  console.log(`Studio: ${url}${view}\nStudies in: ${relative('.', folder) || '.'}\nPress Ctrl-C to stop it.`)
  // To be stopped is how the studio ends: its exit code is 0.
  await untilStopped(
    (signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    {
      heard: 'The studio has stopped.',
    },
  )
  await close()
}

function portFrom(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new InvalidArgumentError('Give a whole number up to 65535.')
}
