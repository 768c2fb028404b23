import { resolve } from 'node:path'
import { Command } from 'commander'
import { readStudy, runsOf } from '../report/cells.ts'
import { figuresInWords, mainFigures, writeReport } from '../report/report.ts'

/** `regard report DIR` */
export function reportCommand(): Command {
  return new Command('report')
    .description(
      "Write the report of a study again. This needs only the files in the study's folder, neither the data set nor the machine that ran it. The report of an unfinished study shows what is done.",
    )
    .argument('<dir>', 'the folder that `regard study` wrote to')
    .option('--no-photos', 'leave out photos of faces, for a report that you share')
    .addHelpText(
      'after',
      '\nWrites into DIR/report: index.html, which needs no other file; tables/*.csv and *.tex; figures/*.svg.\n' +
        '\nExample:\n  $ regard report out/synthetic\n  $ regard report out/synthetic --no-photos\n',
    )
    .action(report)
}

async function report(folder: string, { photos }: { readonly photos: boolean }): Promise<void> {
  const study = readStudy(resolve(folder), { photos })
  const page = await writeReport(study)
  console.log([figuresInWords(study), ...mainFigures(study)].join('\n'))
  const { done, planned } = runsOf(study)
  if (done < planned) console.log(`Not finished: ${done} of ${planned} runs are done.`)
  console.log(`Report: ${page}`)
}
