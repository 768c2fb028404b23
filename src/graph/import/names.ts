/**
 * The wanted name, or the same followed by a number where it is already taken.
 *
 * @param names those that are taken; the result is added to them
 * @param isTaken whether a name is taken for another reason
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
