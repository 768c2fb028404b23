import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { onAllCores } from '../../src/base/workers.ts'

it('work on all cores that is stopped ends no thread in the midst of a job', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-workers-'))
  const module = join(folder, 'job.mjs')
  // Each job leaves a file as it begins, and another one as it ends.
  writeFileSync(
    module,
    `import { writeFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
parentPort.on('message', ({ id, job }) => {
  writeFileSync(job + '.begun', '')
  setTimeout(() => {
    writeFileSync(job + '.ended', '')
    parentPort.postMessage({ id, result: job })
  }, job.endsWith('0') ? 0 : 200)
})`,
  )
  const jobs = Array.from({ length: 100 }, (_, k) => join(folder, `job${k}`))
  for await (const result of onAllCores<string, string>(pathToFileURL(module), jobs)) {
    expect(result).toBe(jobs[0])
    break
  }
  const left = (ending: string) => readdirSync(folder).filter((name) => name.endsWith(ending)).length
  expect(left('.ended')).toBe(left('.begun'))
  expect(left('.begun')).toBeLessThan(jobs.length)
})
