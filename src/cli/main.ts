import { existsSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { UsageError, UserError } from '../base/errors.ts'
import { inWords } from '../base/files.ts'
import { nearest } from '../base/nearest.ts'
import { version } from '../base/version.ts'
import { Stopped } from './signal.ts'

/**
 * The commands, in the order of `regard --help`. Each is loaded with all that it needs when it is first asked for: to load
 * them all would take longer than many of them run.
 */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./init.ts')).initCommand(),
  study: async () => (await import('./study.ts')).studyCommand(),
  worker: async () => (await import('./worker.ts')).workerCommand(),
  report: async () => (await import('./report.ts')).reportCommand(),
  studio: async () => (await import('./studio.ts')).studioCommand(),
  train: async () => (await import('./train.ts')).trainCommand(),
  dataset: async () => (await import('./dataset.ts')).datasetCommand(),
  faces: async () => (await import('./faces.ts')).facesCommand(),
  align: async () => (await import('./align.ts')).alignCommand(),
  predict: async () => (await import('./predict.ts')).predictCommand(),
  explain: async () => (await import('./explain.ts')).explainCommand(),
  evaluate: async () => (await import('./evaluate.ts')).evaluateCommand(),
  profile: async () => (await import('./profile.ts')).profileCommand(),
  measure: async () => (await import('./measure.ts')).measureCommand(),
  compare: async () => (await import('./compare.ts')).compareCommand(),
  atlas: async () => (await import('./atlas.ts')).atlasCommand(),
  convert: async () => (await import('./convert.ts')).convertCommand(),
  graft: async () => (await import('./graft.ts')).graftCommand(),
  networks: async () => (await import('./networks.ts')).networksCommand(),
  weights: async () => (await import('./publishedWeights.ts')).weightsCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  completion: async () => (await import('./completion.ts')).completionCommand(),
}

/** The names of the commands that an invocation is about: all of them, unless it begins with one. */
function namesFor(first: string | undefined): readonly string[] {
  if (first === '--version' || first === '-V') return []
  // Completion tells of all the others.
  const isAlone = first !== undefined && Object.hasOwn(commands, first) && first !== 'completion'
  return isAlone ? [first] : Object.keys(commands)
}

/**
 * The program `regard`: runs one command and sets the process's exit code: 0 done; 1 failed; 2 wrong use;
 * 3 done, but some inputs were skipped; 130, 143 or 129 stopped by Ctrl-C, SIGTERM or SIGHUP.
 *
 * @param args what was typed after `regard`
 */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('regard')
    .description(
      'Train networks that read age and gender from faces, compare them, and show what any network looks at.',
    )
    .version(version)
    .showHelpAfterError('See `npx regard --help`, or `npx regard COMMAND --help`.')
    .addHelpText('after', '\nExample:\n  $ regard study examples/synthetic.yaml --out out/synthetic\n')
    .exitOverride()
    // Flags after a subcommand belong to it: `study --out` and `study plan --out` are two flags.
    .enablePositionalOptions()
  const loaded = await Promise.all(namesFor(args[0]).map((name) => commands[name]!()))
  for (const command of loaded) program.addCommand(command)
  inherit(program)
  try {
    requireSubcommand(loaded, args)
    await program.parseAsync(withoutHelpOfUnknown(args), { from: 'user' })
  } catch (thrown) {
    const error = inWords(thrown)
    if (error instanceof CommanderError) {
      // Commander has already printed the error, or the requested help.
      process.exitCode = error.exitCode === 0 ? 0 : 2
    } else if (error instanceof Stopped) {
      if (error.message) console.error(error.message)
      process.exitCode = error.exitCode
    } else {
      // Anything other than a UserError is a bug in regard, and a report of it needs the stack trace.
      console.error(error instanceof UserError ? `regard: ${error.message}` : error)
      process.exitCode = error instanceof UsageError ? 2 : 1
    }
  }
}

/** Help that is asked of a command that does not exist would be that of the program, without a word about the command. */
function withoutHelpOfUnknown(args: readonly string[]): readonly string[] {
  const [first = '-'] = args
  const isKnown = first.startsWith('-') || first === 'help' || Object.hasOwn(commands, first)
  return isKnown ? args : [first]
}

/**
 * A mistyped subcommand of a command that also takes a file would be taken for that file.
 *
 * @throws UsageError naming the subcommand that was probably meant
 */
function requireSubcommand(
  loaded: readonly Command[],
  [first, second = '-', ...rest]: readonly string[],
): void {
  const names = loaded.find((command) => command.name() === first)?.commands.map((own) => own.name()) ?? []
  if (rest.length === 0 || second.startsWith('-') || names.includes(second) || existsSync(second)) return
  const meant = nearest(second, names)
  if (meant === undefined) return
  throw new UsageError(
    `there is no command '${first} ${second}'`,
    undefined,
    `Did you mean regard ${first} ${meant}?`,
  )
}

/** Commander passes its settings only to commands that it created itself. */
function inherit(parent: Command): void {
  for (const command of parent.commands) inherit(command.copyInheritedSettings(parent))
}
