import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether Debian's `redis-server` is installed; tests that need it are skipped loudly otherwise. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis) console.warn('redis-server is not installed: the tests of the queue are skipped')

/** A test's own Redis, which keeps nothing when it stops. */
export class Redis {
  readonly url: string
  private readonly port: number
  private readonly flags: readonly string[]
  private server?: ChildProcess

  private constructor(port: number, flags: readonly string[]) {
    this.port = port
    this.flags = flags
    this.url = `redis://127.0.0.1:${port}`
  }

  /** @param flags of `redis-server`, beside those that it always has */
  static async start(...flags: string[]): Promise<Redis> {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as AddressInfo
    probe.close()
    await once(probe, 'close')
    const redis = new Redis(port, flags)
    await redis.begin()
    return redis
  }

  /** Start it, empty. */
  async begin(): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'regard-redis-'))
    const flags = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      folder,
      ...this.flags,
    ]
    this.server = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'ignore'] })
    for await (const text of this.server.stdout!) if (String(text).includes('eady to accept')) return
  }

  /** Let it accept connections but answer nothing, like an overloaded server, until told to resume. */
  pause(): void {
    this.server!.kill('SIGSTOP')
  }

  goOn(): void {
    this.server!.kill('SIGCONT')
  }

  /** Kill it. */
  async stop(): Promise<void> {
    if (!this.server || this.server.exitCode !== null) return
    this.server.kill('SIGKILL')
    await once(this.server, 'exit')
  }
}
