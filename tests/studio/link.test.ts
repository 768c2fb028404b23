import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromLink, linkOf } from '../../studio/look/link.ts'
import { COMPOSITE_NAMES, METHOD_NAMES } from '../../studio/look/rules.ts'
import { PLAIN, type Settings, SHOWS } from '../../studio/look/store.ts'

const name = fc.string({ unit: 'grapheme', minLength: 1 })

/** Settings as sliders, lists and files of any name can make them. */
const settings: fc.Arbitrary<Settings> = fc.record({
  columns: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
  questions: fc
    .array(
      fc.record(
        { task: fc.string({ unit: 'grapheme' }), class: name, minus: name },
        { requiredKeys: ['task', 'class'] },
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((questions) => questions.map((each, id) => ({ id, ...each }))),
  align: fc.constantFrom('own', 'r', 'i'),
  way: fc.constantFrom('card' as const, ...COMPOSITE_NAMES, ...METHOD_NAMES) as fc.Arbitrary<Settings['way']>,
  tuning: fc.record(
    {
      alpha: fc.double({ min: 1, max: 5, noNaN: true }),
      gamma: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
      epsilon: fc.double({ min: 1e-9, max: 1, noNaN: true }),
      flat: fc.nat(100),
    },
    { requiredKeys: [] },
  ),
  drawing: fc.record({
    show: fc.constantFrom(...SHOWS),
    opacity: fc.integer({ min: 0, max: 20 }).map((k) => (5 * k) / 100),
    colours: fc.constantFrom('paper', 'light'),
    scale: fc.constantFrom('each', 'one'),
    brighten: fc.constantFrom(1, 2, 4, 8, 16),
  }),
  layer: fc.option(name, { nil: undefined }),
  comparing: fc.option(
    fc.record({
      network: name,
      row: fc.nat(3),
      against: fc.oneof(
        fc.record({ other: fc.constantFrom('network' as const, 'class' as const), name }),
        fc.record({
          other: fc.constant('rules' as const),
          name: fc.constantFrom('card' as const, ...COMPOSITE_NAMES, ...METHOD_NAMES) as fc.Arbitrary<
            Settings['way']
          >,
        }),
      ),
    }),
    { nil: undefined },
  ),
})

describe('a link', () => {
  test('is empty where nothing was changed', () => {
    expect(linkOf(PLAIN)).toBe('')
    expect(fromLink('', ['faceres'])).toEqual({ settings: PLAIN, faults: [] })
  })

  test('reads as it was designed', () => {
    const link = linkOf({
      ...PLAIN,
      columns: ['faceres', 'gear'],
      questions: [
        { id: 0, task: 'gender', class: 'top' },
        { id: 1, task: 'years', class: 'years', minus: '30' },
      ],
      align: 'r',
      tuning: { alpha: 2.5 },
      drawing: { ...PLAIN.drawing, show: 'overlay', opacity: 0.55 },
    })
    expect(link).toBe('n=faceres,gear&q=gender:top,years:years~30&al=r&a=2.5&show=overlay&o=55')
  })

  test('brings back all settings, whatever networks and classes are called', () => {
    fc.assert(
      fc.property(settings, (given) => {
        const { comparing, columns, questions } = given
        const [network] = columns as [string]
        const row = (comparing?.row ?? 0) % questions.length
        const state = { ...given, comparing: comparing && { ...comparing, network, row } }
        const { against } = comparing ?? {}
        const here = against?.other === 'network' ? [...columns, against.name] : columns
        expect(fromLink(linkOf(state), here)).toEqual({ settings: state, faults: [] })
      }),
      { numRuns: 500 },
    )
  })

  test('survives an address bar that escapes commas and colons', () => {
    const questions = [{ id: 0, task: 'years', class: 'years', minus: '30' }]
    const state = { ...PLAIN, columns: ['a,b', 'c~d'], questions }
    const link = linkOf(state).replaceAll(',', '%2C').replaceAll(':', '%3A').replaceAll('~', '%7E')
    expect(fromLink(link, state.columns).settings).toEqual(state)
  })

  test('names what it cannot follow, and follows the rest', () => {
    const { settings, faults } = fromLink(
      'n=nosuch,gear&a=9&g=&flat=1.5&show=film&q=what&m=magic&zoom=2&al=i&col=light',
      ['faceres', 'gear'],
    )
    expect(settings).toEqual({
      ...PLAIN,
      columns: ['gear'],
      align: 'i',
      drawing: { ...PLAIN.drawing, colours: 'light' },
    })
    expect(faults).toEqual([
      'The link says a=9: it is not a number from 1 to 5.',
      'The link says g=: it is not a number from 0 to 1.',
      'The link says flat=1.5: it is not a whole number from 0 to 1000.',
      'The link says show=film: it is not one of map, overlay, photo.',
      'The link says q=what: “what” is not a question, such as gender:top or years:years~30.',
      `The link says m=magic: it is not one of ${METHOD_NAMES.join(', ')}.`,
      'The link has an unknown setting, “zoom”.',
      'nosuch is not on this device. Drop its file in Models.',
    ])
  })

  test('says what of a comparison is not here', () => {
    const { settings, faults } = fromLink('vs=faceres:0:network:nosuch', ['faceres'])
    expect(settings).toEqual(PLAIN)
    expect(faults).toEqual(['What this link compares with is not available.'])
    expect(fromLink('vs=faceres:0', ['faceres']).faults).toEqual([
      'The link says vs=faceres:0: “faceres:0” is not a comparison, such as faceres:0:network:gear or faceres:0:rules:epsilon.',
    ])
  })

  test('with no network that is here shows the one that is there anyway', () => {
    expect(fromLink('n=nosuch', ['faceres']).settings).toEqual(PLAIN)
  })

  test('of any text does no harm', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `q=${text}&n=%25${text}&a=${text}`),
        ),
        (query) => {
          const { settings } = fromLink(query, ['faceres'])
          expect(settings.columns).toEqual(['faceres'])
          expect(settings.questions.length).toBeGreaterThan(0)
        },
      ),
    )
  })
})
