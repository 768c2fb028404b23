import { Command, CommanderError } from 'commander'
import { UsageError, UserError } from '../base/errors.ts'
import { inWords } from '../base/files.ts'
import { version } from '../base/version.ts'
import { alignCommand } from './align.ts'
import { atlasCommand } from './atlas.ts'
import { compareCommand } from './compare.ts'
import { completionCommand } from './completion.ts'
import { convertCommand } from './convert.ts'
import { datasetCommand } from './dataset.ts'
import { doctorCommand } from './doctor.ts'
import { evaluateCommand } from './evaluate.ts'
import { explainCommand } from './explain.ts'
import { facesCommand } from './faces.ts'
import { graftCommand } from './graft.ts'
import { initCommand } from './init.ts'
import { measureCommand } from './measure.ts'
import { networksCommand } from './networks.ts'
import { predictCommand } from './predict.ts'
import { profileCommand } from './profile.ts'
import { weightsCommand } from './publishedWeights.ts'
import { reportCommand } from './report.ts'
import { Stopped } from './signal.ts'
import { studioCommand } from './studio.ts'
import { studyCommand } from './study.ts'
import { trainCommand } from './train.ts'
import { workerCommand } from './worker.ts'

/**
 * The program `regard`: runs one command and sets the process's exit code: 0 done; 1 failed; 2 wrong use;
 * 3 done, but some inputs were skipped; 130, 143 or 129 stopped by Ctrl-C, SIGTERM or SIGHUP.
 *
 * @param args what was typed after `regard`
 */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('regard')
    .description(
      'Train networks that read age and gender from faces, compare them, and see what any network looks at.',
    )
    .version(version)
    .showHelpAfterError('See `regard --help`, or `regard COMMAND --help`.')
    .addHelpText('after', '\nExample:\n  $ regard study examples/synthetic.yaml --out out/synthetic\n')
    .exitOverride()
    // Flags after a subcommand belong to it: `study --out` and `study plan --out` are two flags.
    .enablePositionalOptions()
  for (const command of [
    initCommand(),
    studyCommand(),
    workerCommand(),
    reportCommand(),
    studioCommand(),
    trainCommand(),
    datasetCommand(),
    facesCommand(),
    alignCommand(),
    predictCommand(),
    explainCommand(),
    evaluateCommand(),
    profileCommand(),
    measureCommand(),
    compareCommand(),
    atlasCommand(),
    convertCommand(),
    graftCommand(),
    networksCommand(),
    weightsCommand(),
    doctorCommand(),
    completionCommand(),
  ])
    program.addCommand(command)
  inherit(program)
  try {
    await program.parseAsync(args, { from: 'user' })
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

/** Commander passes its settings only to commands that it created itself. */
function inherit(parent: Command): void {
  for (const command of parent.commands) inherit(command.copyInheritedSettings(parent))
}
