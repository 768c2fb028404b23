/**
 * A name as it is wanted, or with a number behind it where it is there already.
 *
 * @param names those that are there; it becomes one of them
 * @param isTaken whether it cannot be had for another reason
 */
export function uniqueName(
  wanted: string,
  names: Set<string>,
  isTaken: (name: string) => boolean = () => false,
): string {
  let name = wanted
  for (let k = 2; names.has(name) || isTaken(name); k++) name = `${wanted}_${k}`
  names.add(name)
  return name
}
