/** The names that are taken, of which no two may be equal. */
export class TakenNames {
  private readonly taken: Set<string>
  private readonly isTaken: (name: string) => boolean
  /** For each name that was wanted, the number in the last one that was made of it. */
  private readonly numbers = new Map<string, number>()

  /** @param isTaken whether a name is taken for another reason than being in here; one that is, stays taken */
  constructor(taken: Iterable<string> = [], isTaken: (name: string) => boolean = () => false) {
    this.taken = new Set(taken)
    this.isTaken = isTaken
  }

  has(name: string): boolean {
    return this.taken.has(name)
  }

  add(name: string): void {
    this.taken.add(name)
  }

  /** The wanted name, or the same followed by a number where it is taken. The result is taken from now on. */
  unique(wanted: string): string {
    // Starting anew for each of thousands of equal names would take hours.
    let number = this.numbers.get(wanted) ?? 1
    const numbered = () => (number === 1 ? wanted : `${wanted}_${number}`)
    while (this.taken.has(numbered()) || this.isTaken(numbered())) number++
    this.numbers.set(wanted, number)
    const name = numbered()
    this.taken.add(name)
    return name
  }
}
