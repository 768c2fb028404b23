import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { UserError } from '../../src/base/errors.ts'
import { parseYaml } from '../../src/base/yaml.ts'

const schema = z.strictObject({
  name: z.string(),
  rate: z.number().positive(),
  tasks: z.array(z.enum(['age', 'gender'])).min(1),
  network: z.strictObject({ input: z.int(), width: z.number().default(1) }).optional(),
})

function complaint(text: string): string {
  try {
    parseYaml(text, 'plan.yaml', schema)
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as Error).message
  }
  throw new Error('it was accepted')
}

describe('YAML that people write', () => {
  it('is read, with the defaults of its schema', () => {
    expect(parseYaml('name: a\nrate: 1\ntasks: [age]\nnetwork: {input: 5}', 'plan.yaml', schema)).toEqual({
      name: 'a',
      rate: 1,
      tasks: ['age'],
      network: { input: 5, width: 1 },
    })
  })

  it.each([
    ['name: a\nrate: fast\ntasks: [age]', 'plan.yaml:2:7: rate must be a number, not “fast”'],
    ['name: a\nrate: -1\ntasks: [age]', 'plan.yaml:2:7: rate must be more than 0, not -1'],
    ['name: a\nrate:\ntasks: [age]', 'plan.yaml:2:6: rate must be a number, and is empty'],
    ['name: a\nrate: 1\ntasks: []', 'plan.yaml:3:8: tasks must have at least 1 item'],
    [
      'name: a\nrate: 1\ntasks:\n  - age\n  - gendre',
      'plan.yaml:5:5: tasks[1] must be age or gender, not “gendre”. Did you mean “gender”?',
    ],
    ['name: a\ntasks: [age]', 'plan.yaml:1:1: rate is missing'],
    ['name: a\nrate: 1\ntasks: [age]\nnetwork:\n  width: 2', 'plan.yaml:4:1: network.input is missing'],
    ['name: a\nrtae: 1\ntasks: [age]', 'plan.yaml:2:1: rtae is not a known field. Did you mean “rate”?'],
    [
      'name: a\nrate: 1\ntasks: [age]\nnetwork: {input: 5, colour: red}',
      'plan.yaml:4:21: network.colour is not a known field. Known fields: input, width',
    ],
    ['- a', 'plan.yaml:1:1: must be a group of fields, not ["a"]'],
    ['', 'plan.yaml:1:1: must be a group of fields, and is empty'],
  ])('names file, line, column and field of a mistake: %j', (text, message) => {
    expect(complaint(text)).toBe(message)
  })

  it('names all mistakes, in file order', () => {
    expect(complaint('name: a\nrate: 0\ntasks: [sleep]').split('\n')).toEqual([
      'plan.yaml:2:7: rate must be more than 0, not 0',
      'plan.yaml:3:9: tasks[0] must be age or gender, not “sleep”',
    ])
  })

  it('finds a mistake behind an alias where it is used', () => {
    const text = 'name: a\nrate: 1\ntasks: &t [sleep]\nnetwork: *t'
    expect(complaint(text)).toContain('plan.yaml:4:10: network must be a group of fields')
  })

  it('says where the text stops being YAML', () => {
    expect(complaint('name: a\nrate: [1\n')).toMatch(/^plan\.yaml:3:1: this is not YAML: /)
  })

  it.each([
    ['name: a\nname: b', 'plan.yaml:2:1: “name” is given twice'],
    ['network:\n  - { 1: a, "1": b }', 'plan.yaml:2:13: “1” is given twice'],
  ])('refuses a key that is given twice: %j', (text, message) => {
    expect(complaint(text)).toBe(message)
  })

  it.each(['__proto__', 'constructor', 'toString'])('names the key %s like any unknown key', (key) => {
    expect(complaint(`name: a\n${key}: { polluted: true }`)).toContain(
      `plan.yaml:2:1: ${key} is not a known field`,
    )
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it.each([65, 3000, 100_000])('is refused if groups are nested %d deep', (deep) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{a: ', '}'],
      ['- ', ''],
      ['? ', ''],
      ['a: ', ''],
    ] as const)
      expect(complaint(`${open.repeat(deep)}1${close.repeat(deep)}`)).toBe(
        'plan.yaml: is nested more than 64 levels deep',
      )
    const lines = Array.from({ length: 300 }, (_, k) => `${' '.repeat(k)}a:`)
    expect(complaint(lines.join('\n'))).toBe('plan.yaml: is nested more than 64 levels deep')
  })

  it('lists the first mistakes of very many, in the time that it takes to read them', () => {
    const text = Array.from({ length: 40_000 }, (_, k) => `name${k}: a`).join('\n')
    const lines = complaint(text).split('\n')
    expect(lines.length).toBe(50)
    expect(lines.at(-1)).toMatch(/\(and 39952 more mistakes\)$/)
  })

  it('refuses what nobody has written by hand', () => {
    expect(complaint('a'.repeat(3e6))).toBe(
      'plan.yaml: has 3.0 million characters; regard reads YAML of up to 2 million',
    )
  })

  it('shows names that are invisible, or would change how the text looks', () => {
    expect(complaint('name: a\nrate: 1\ntasks: [age]\n"": 1\n"a\\e[2J b": 2').split('\n')).toEqual([
      'plan.yaml:4:1: “” is not a known field. Known fields: name, rate, tasks, network',
      'plan.yaml:5:1: “a\\u001b[2J b” is not a known field. Known fields: name, rate, tasks, network',
    ])
  })

  it('does not expand an alias bomb', () => {
    const levels = Array.from({ length: 9 }, (_, k) => `l${k + 1}: &l${k + 1} [${`*l${k}, `.repeat(9)}]`)
    expect(complaint(`l0: &l0 [x]\n${levels.join('\n')}`)).toMatch(/^plan\.yaml: this YAML cannot be read/)
  })
})
