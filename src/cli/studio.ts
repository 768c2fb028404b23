import { Command, InvalidArgumentError } from 'commander'
import { listen } from '../server/listen.ts'
import { writeStudio } from '../server/static.ts'

interface Flags {
  readonly port: number
  readonly host?: string
  readonly write?: string
}

/** `regard studio` */
export function studioCommand(): Command {
  return new Command('studio')
    .description(
      'Open a page in which photos are explained by networks beside each other. No photo leaves the page.',
    )
    .option('--port <n>', 'where it listens; 0 for any that is free', portFrom, 4080)
    .option(
      '--host <address>',
      'where others may reach it too: the address then has a token (default: this machine alone)',
    )
    .option('--write <folder>', 'write the page as files for any web server instead')
    .addHelpText('after', '\nExamples:\n  $ regard studio\n  $ regard studio --write site\n')
    .action(run)
}

async function run({ port, host, write }: Flags): Promise<void> {
  if (write !== undefined) {
    writeStudio(write)
    console.log(`Studio: ${write} (serve it by any web server)`)
    return
  }
  const { url, close } = await listen({ host, port })
  console.log(`Studio: ${url}\nCtrl-C ends it.`)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
  await close()
}

function portFrom(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new InvalidArgumentError('Give a whole number up to 65535.')
}
