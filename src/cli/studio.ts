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
      'Open a page in which photos are explained by networks beside each other, and studies are watched and read. No photo leaves the page.',
    )
    .argument(
      '[dir]',
      'the folder of a study, or one with studies, atlases and checks in it (default: out where it is there, or else this folder)',
    )
    .option('--port <n>', 'where it listens; 0 for any that is free', portFrom, 4080)
    .option(
      '--host <address>',
      'where others may reach it too: the address then has a token (default: this machine alone)',
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
    console.log(`Studio: ${write} (serve it by any web server)`)
    return
  }
  const folder = dir ?? usualFolder()
  const { url, close } = await listen({ host, port, folders: new Folders(folder) })
  console.log(`Studio: ${url}\nStudies in: ${relative('.', folder) || '.'}\nCtrl-C ends it.`)
  // Being stopped is how the studio ends, so the exit code is 0.
  await untilStopped(
    (signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    {
      heard: 'The studio ends.',
    },
  )
  await close()
}

function portFrom(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new InvalidArgumentError('Give a whole number up to 65535.')
}
