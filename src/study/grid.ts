import { networks } from '../networks/index.ts'
import { type Plan, settingOf } from './plan.ts'
import type { Run } from './record.ts'

/**
 * Every run of a plan, fold by fold: for each fold and task, all settings of all networks.
 */
export function gridOf(plan: Pick<Plan, 'folds' | 'tasks' | 'networks'>): Run[] {
  return plan.folds.test.flatMap((fold) =>
    plan.tasks.flatMap((task) =>
      plan.networks.flatMap(({ name, input, width, start, preprocessing }) =>
        preprocessing.map((each) => {
          const setting = settingOf(each, start)
          return { task, network: name, letter: networks[name].letter, input, width, setting, fold }
        }),
      ),
    ),
  )
}
