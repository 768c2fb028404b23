import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, vi } from 'vitest'
import { exitWithThreads, onAllCores, Workers, workerModule } from '../../src/base/workers.ts'

it('stopping work on all cores ends no thread in the middle of a job', async () => {
  const { module, jobs, left } = slowJobs()
  for await (const result of onAllCores<string, string>(module, jobs)) {
    expect(result).toBe(jobs[0])
    break
  }
  expect(left('.ended')).toBe(left('.begun'))
  expect(left('.begun')).toBeLessThan(jobs.length)
})

it('a process that must end at once ends no thread in the middle of a job, nor while the thread loads', async () => {
  const { module, jobs, left } = slowJobs()
  const end = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
  const workers = new Workers<string, string>(module, 2)
  const done = jobs.slice(0, 4).map((job) => workers.run(job))
  await exitWithThreads(130)
  expect(end).toHaveBeenCalledExactlyOnceWith(130)
  end.mockRestore()
  expect(left('.begun')).toBe(4)
  expect(left('.ended')).toBe(4)
  expect(await Promise.all(done)).toEqual(jobs.slice(0, 4))
})

it('a thread that has ended gets no more jobs, and a job fails once none is left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-workers-'))
  const module = moduleOf(folder, `if (job === 'end') process.exit()`)
  const workers = new Workers<string, string>(module, 2)
  await expect(workers.run('end')).rejects.toThrow('a worker thread has ended')
  expect(await workers.run('another')).toBe('another')
  await expect(workers.run('end')).rejects.toThrow('a worker thread has ended')
  await expect(workers.run('another')).rejects.toThrow('all worker threads have ended')
  await workers.close()
})

/** A module whose threads return their jobs, after doing this. */
function moduleOf(folder: string, work: string): URL {
  const path = join(folder, 'job.mjs')
  writeFileSync(
    path,
    `import { writeFileSync } from 'node:fs'
import { serve } from '${workerModule(new URL('../../src/base/workers.ts', import.meta.url).href, 'workers.js')}'
serve(async (job) => {
  ${work}
  return job
})`,
  )
  return pathToFileURL(path)
}

/** Jobs that each leave a file when they start and another when they end, and the module that does them. */
function slowJobs() {
  const folder = mkdtempSync(join(tmpdir(), 'regard-workers-'))
  return {
    module: moduleOf(
      folder,
      `writeFileSync(job + '.begun', '')
  await new Promise((resolve) => setTimeout(resolve, job.endsWith('0') ? 0 : 200))
  writeFileSync(job + '.ended', '')`,
    ),
    jobs: Array.from({ length: 100 }, (_, k) => join(folder, `job${k}`)),
    left: (ending: string) => readdirSync(folder).filter((name) => name.endsWith(ending)).length,
  }
}
