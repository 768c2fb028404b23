import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { findingsOf, type PaperFinding } from '../../src/report/findings.ts'
import type { MapRecord } from '../../src/study/record.ts'
import { type Looks, writtenProfile } from './writtenProfile.ts'
import { type WrittenRun, writeStudy } from './writtenStudy.ts'

const FACES = 300

/** Answers that are right with a probability, by a face's own luck and the training's luck. */
function drawn(share: number, name: string): boolean[] {
  const [faces, training] = [new Random('faces'), new Random(name)]
  return Array.from({ length: FACES }, () => 0.8 * faces.uniform() + 0.2 * training.uniform() < share)
}

/** A run that is right on its own photos with one probability, and on the others with another. */
function run(
  {
    task = 'gender',
    network = 'adiencenet',
    setting,
    fold = 0,
  }: Partial<WrittenRun> & Pick<WrittenRun, 'setting'>,
  own: number,
  other = own,
): WrittenRun {
  const of = (share: number, kind: string) => drawn(share, `${task} ${network} ${setting} ${fold} ${kind}`)
  const isFitted = setting.startsWith('i')
  const right = { r: of(isFitted ? other : own, 'r'), i: of(isFitted ? own : other, 'i') }
  return { task, network, setting, fold, right }
}

const FOLDS = [0, 1, 2, 3, 4]

function finding(runs: readonly WrittenRun[], id: string): PaperFinding {
  return findingsOf(writeStudy(runs)).find((one) => one.id === id)!
}

describe('a finding of the paper', () => {
  it('holds if other people and other trainings would show it too', () => {
    const runs = FOLDS.flatMap((fold) => [
      run({ setting: 'r', fold }, 0.7),
      run({ setting: 'i', fold }, 0.62),
    ])
    const { verdict, evidence, parts } = finding(runs, 'rotation-over-affine')
    expect(verdict).toBe('holds')
    expect(parts[0]!.trainings).toMatchObject({ n: 5, greater: 5 })
    expect(evidence).toMatch(
      /^\[r\] over \[i\]: \+\d+\.\d points \(95 % interval \+\d\.\d to \+\d+\.\d over people, \+\d\.\d to \+\d+\.\d over trainings\), greater than 0 in 5 of 5 trainings; p (< 0\.001|= 0\.00\d)\.$/,
    )
  })

  it('does not hold if the opposite is as certain', () => {
    const runs = FOLDS.flatMap((fold) => [
      run({ setting: 'r', fold }, 0.62),
      run({ setting: 'i', fold }, 0.7),
    ])
    const { verdict, evidence } = finding(runs, 'rotation-over-affine')
    expect(verdict).toBe('does not hold')
    expect(evidence).toMatch(/^\[r\] over \[i\]: −\d+\.\d points .* 0 of 5 trainings/)
  })

  it('is undecided if nothing differs', () => {
    const runs = FOLDS.flatMap((fold) => [run({ setting: 'r', fold }, 0.7), run({ setting: 'i', fold }, 0.7)])
    expect(finding(runs, 'rotation-over-affine').verdict).toBe('undecided')
  })

  it('is undecided, however sure of the faces, if each side was trained once', () => {
    const runs = [run({ setting: 'r' }, 0.9), run({ setting: 'i' }, 0.5)]
    const { verdict, evidence, parts } = finding(runs, 'rotation-over-affine')
    expect(parts[0]!.people.p).toBeLessThan(1e-6)
    expect(verdict).toBe('undecided')
    expect(evidence).toContain('each side was trained only once')
  })

  it('is undecided if trainings differ more among themselves than the settings do', () => {
    const gains = [0.3, -0.2, 0.25, -0.15, 0.1]
    const runs = FOLDS.flatMap((fold) => [
      run({ setting: 'r', fold }, 0.5 + gains[fold]!),
      run({ setting: 'i', fold }, 0.5),
    ])
    const { verdict, parts } = finding(runs, 'rotation-over-affine')
    expect(parts[0]!.people.p).toBeLessThan(0.001)
    expect(verdict).toBe('undecided')
  })

  it('is undecided with few faces', () => {
    const few = FOLDS.slice(0, 2).flatMap((fold) =>
      [run({ setting: 'r', fold }, 0.7), run({ setting: 'i', fold }, 0.6)].map(({ right, ...rest }) => ({
        ...rest,
        right: { r: right.r!.slice(0, 12), i: right.i!.slice(0, 12) },
      })),
    )
    expect(finding(few, 'rotation-over-affine').verdict).toBe('undecided')
  })

  it('with several parts holds only if all of them do', () => {
    const runs = (mixed: number) =>
      FOLDS.flatMap((fold) => [
        run({ setting: 'm', fold }, mixed),
        run({ setting: 'r', fold }, 0.7),
        run({ setting: 'i', fold }, 0.6),
      ])
    expect(finding(runs(0.8), 'mixed-best').verdict).toBe('holds')
    expect(finding(runs(0.7), 'mixed-best').verdict).toBe('undecided')
    expect(finding(runs(0.65), 'mixed-best').verdict).toBe('does not hold')
  })

  it('pools all networks, starts and tasks', () => {
    const runs = (['age', 'gender'] as const).flatMap((task) =>
      (['adiencenet', 'caffenet', 'googlenet'] as const).flatMap((network, k) => [
        run({ task, network, setting: 'r' }, 0.6 + 0.08 * k),
        run({ task, network, setting: 'i' }, 0.52 + 0.08 * k),
      ]),
    )
    const rotation = finding(runs, 'rotation-over-affine')
    expect(rotation.verdict).toBe('holds')
    expect(rotation.parts[0]!.trainings.n).toBe(6)
    const deeper = finding(runs, 'deeper-better')
    expect(deeper.parts.map(({ name, trainings }) => [name, trainings.n])).toEqual([
      ['CaffeNet over AdienceNet', 4],
      ['GoogLeNet over CaffeNet', 4],
    ])
    expect(deeper.verdict).toBe('holds')
  })

  it('measures the cost of a swap, and which network it costs less', () => {
    const runs = FOLDS.flatMap((fold) => [
      run({ network: 'googlenet', setting: 'i', fold }, 0.8, 0.55),
      run({ network: 'googlenet', setting: 'r', fold }, 0.8, 0.68),
      run({ network: 'googlenet', setting: 'i,n', fold }, 0.85, 0.8),
      run({ network: 'googlenet', setting: 'r,n', fold }, 0.85, 0.8),
    ])
    expect(finding(runs, 'alignment-matters').verdict).toBe('holds')
    expect(finding(runs, 'pretraining-mends-alignment').verdict).toBe('holds')
    const less = finding(runs, 'rotation-loses-less')
    // From ImageNet's weights both lose equally.
    expect(less.parts[0]!.trainings).toMatchObject({ n: 10 })
    expect(less.parts[0]!.people.difference).toBeGreaterThan(0.04)
  })

  it('about CaffeNet and age stays separate from the one about all others', () => {
    const runs = FOLDS.flatMap((fold) => [
      run({ task: 'age', network: 'caffenet', setting: 'r', fold }, 0.6),
      run({ task: 'age', network: 'caffenet', setting: 'r,n', fold }, 0.5),
    ])
    expect(finding(runs, 'caffenet-age').verdict).toBe('holds')
    expect(finding(runs, 'pretraining-helps').verdict).toBe('not tested')
  })

  it('about heat maps compares the same photos before and after', () => {
    const mapped = (setting: 'r' | 'r,n', fold: number, more: number): WrittenRun => ({
      ...run({ network: 'googlenet', setting, fold }, 0.7),
      maps: [0, 1, 2, 3].map((k): MapRecord => {
        const coherence = {
          region: 0.05 + 0.01 * k + 0.002 * fold * more + more,
          autocorrelation: 0.4 + more,
        }
        return { face: `f${fold}.${k}`, truth: 0, photo: '', classes: [{ probability: 1, coherence }] }
      }),
    })
    const runs = FOLDS.flatMap((fold) => [mapped('r', fold, 0), mapped('r,n', fold, 0.03 + 0.001 * fold)])
    const { verdict, evidence, parts } = finding(runs, 'pretraining-regions')
    expect(verdict).toBe('holds')
    expect(parts[0]!.people.difference).toBeCloseTo(
      0.032 + (0.002 * (0 + 0.031 + 0.064 + 0.099 + 0.136)) / 5,
      12,
    )
    expect(evidence).toContain('largest region of a heat map: +3.21 % of the picture')
    expect(evidence).toContain('autocorrelation of a heat map: +0.032 (')
  })

  it('is not tested if the study has nothing to compare', () => {
    const found = findingsOf(writeStudy([run({ setting: 'm' }, 0.7)]))
    expect(new Set(found.map(({ verdict }) => verdict))).toEqual(new Set(['not tested']))
    expect(found[0]!.evidence).toBe('The study has no two runs that differ in this alone.')
  })
})

/** A run with a profile. */
function looking(about: Partial<WrittenRun> & Pick<WrittenRun, 'setting'>, looks: Looks): WrittenRun {
  const { task = 'gender', network = 'adiencenet', setting, fold = 0 } = about
  return { ...run(about, 0.7), profile: writtenProfile(`${task} ${network} ${setting} ${fold}`, fold, looks) }
}

describe('what identifies females and males', () => {
  const lookingAt = (upper: Record<'f' | 'm', number>, lower: Record<'f' | 'm', number>) =>
    FOLDS.map((fold) =>
      looking(
        { setting: 'r', fold },
        { shares: (gender) => ({ hair: upper[gender], mouth: lower[gender] / 2, jaw: lower[gender] / 2 }) },
      ),
    )

  it('holds if females have more above and males more below', () => {
    const { verdict, evidence, parts } = finding(
      lookingAt({ f: 0.4, m: 0.3 }, { f: 0.2, m: 0.26 }),
      'females-above-males-below',
    )
    expect(verdict).toBe('holds')
    const [above, below] = parts
    expect(above!.people.difference).toBeCloseTo(0.1, 1)
    expect(below!.people.difference).toBeCloseTo(0.06, 1)
    expect(above!.people.interval.low).toBeGreaterThan(0.08)
    expect(above!.trainings).toMatchObject({ n: 5, greater: 5 })
    expect(evidence).toMatch(
      /^hair, forehead, brows and eyes, females over males: \+\d+\.\d points of what speaks for the class \(95 %/,
    )
  })

  it('does not hold if one of the two is reversed', () => {
    const runs = lookingAt({ f: 0.4, m: 0.3 }, { f: 0.26, m: 0.2 })
    expect(finding(runs, 'females-above-males-below').verdict).toBe('does not hold')
  })

  it('is undecided if the same identifies both', () => {
    const runs = lookingAt({ f: 0.3, m: 0.3 }, { f: 0.2, m: 0.2 })
    expect(finding(runs, 'females-above-males-below').verdict).toBe('undecided')
  })

  it('is not tested without a profile, or for age', () => {
    const { verdict, evidence } = finding([run({ setting: 'r' }, 0.7)], 'females-above-males-below')
    expect(verdict).toBe('not tested')
    expect(evidence).toContain('explain.profile')
    const age = [looking({ task: 'age', setting: 'r' }, { shares: () => ({ hair: 0.4 }) })]
    expect(finding(age, 'females-above-males-below').verdict).toBe('not tested')
  })
})

describe('the effect of pretraining on maps, by profiles', () => {
  const pretrained = (before: Looks, after: Looks) =>
    FOLDS.flatMap((fold) => [
      looking({ network: 'googlenet', setting: 'r', fold }, before),
      looking({ network: 'googlenet', setting: 'r,n', fold }, after),
    ])

  it('holds if regions are larger, connected and on the head', () => {
    const runs = pretrained(
      { region: 0.1, autocorrelation: 0.4, shares: () => ({ eyes: 0.4 }) },
      { region: 0.13, autocorrelation: 0.5, shares: () => ({ eyes: 0.55 }) },
    )
    const { verdict, parts } = finding(runs, 'pretraining-regions')
    expect(verdict).toBe('holds')
    expect(parts.map(({ name }) => name)).toEqual([
      'largest region of a heat map',
      'autocorrelation of a heat map',
      'relevance on the head',
    ])
    expect(parts[0]!.people.difference).toBeCloseTo(0.03, 2)
    expect(parts[2]!.people.difference).toBeCloseTo(0.15, 1)
  })

  it('does not hold if larger regions lie beside the head', () => {
    const runs = pretrained(
      { region: 0.1, autocorrelation: 0.4, shares: () => ({ eyes: 0.55 }) },
      { region: 0.13, autocorrelation: 0.5, shares: () => ({ eyes: 0.4 }) },
    )
    expect(finding(runs, 'pretraining-regions').verdict).toBe('does not hold')
  })
})

describe('CaffeNet’s isolated aspects', () => {
  const beside = (caffenet: Looks, googlenet: Looks) =>
    FOLDS.flatMap((fold) => [
      looking({ network: 'caffenet', setting: 'r', fold }, caffenet),
      looking({ network: 'googlenet', setting: 'r', fold }, googlenet),
    ])
  const narrow: Looks = { sparseness: 0.8, halfArea: 0.04, region: 0.03 }
  const wide: Looks = { sparseness: 0.6, halfArea: 0.1, region: 0.1 }

  it('hold if its maps are more concentrated by each measure', () => {
    const { verdict, parts } = finding(beside(narrow, wide), 'caffenet-isolated')
    expect(verdict).toBe('holds')
    expect(parts.map(({ people }) => people.difference > 0)).toEqual([true, true, true])
  })

  it('do not hold if its maps are wider', () => {
    expect(finding(beside(wide, narrow), 'caffenet-isolated').verdict).toBe('does not hold')
  })

  it('are not tested without a deeper network beside it', () => {
    const runs = FOLDS.map((fold) => looking({ network: 'caffenet', setting: 'r', fold }, narrow))
    expect(finding(runs, 'caffenet-isolated').verdict).toBe('not tested')
  })
})
