import { Argument, Command, type Option } from 'commander'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** `regard completion SHELL` */
export function completionCommand(): Command {
  return new Command('completion')
    .description('Print a script that makes your shell complete regard’s commands and options.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ mkdir -p ~/.local/share/bash-completion/completions\n' +
        '  $ regard completion bash > ~/.local/share/bash-completion/completions/regard\n\n' +
        '  $ regard completion zsh > ~/.regard.zsh && echo "source ~/.regard.zsh" >> ~/.zshrc\n\n' +
        '  $ mkdir -p ~/.config/fish/completions\n' +
        '  $ regard completion fish > ~/.config/fish/completions/regard.fish\n\n' +
        'It completes `regard`, not `npx regard`: type `npm link` in regard’s folder once.\n',
    )
    .action((shell: Shell, _: unknown, command: Command) => {
      console.log(scripts[shell](commandsOf(command.parent!)))
    })
}

/** A command for completion. */
interface Completed {
  /** Empty for `regard` itself, ` study plan` for `regard study plan`. */
  readonly path: string
  readonly description: string
  readonly subcommands: readonly string[]
  readonly options: readonly Option[]
}

function commandsOf(command: Command, path = ''): Completed[] {
  const help = command.createHelp()
  const subcommands = help.visibleCommands(command)
  return [
    {
      path,
      description: command.description(),
      subcommands: subcommands.map((one) => one.name()),
      options: help.visibleOptions(command),
    },
    // What could follow `help` is the list of commands again.
    ...subcommands
      .filter((one) => one.name() !== 'help')
      .flatMap((one) => commandsOf(one, `${path} ${one.name()}`)),
  ]
}

const scripts: Readonly<Record<Shell, (commands: readonly Completed[]) => string>> = {
  bash: bashScript,
  zsh: (commands) =>
    `autoload -U +X compinit bashcompinit && compinit && bashcompinit\n${bashScript(commands)}`,
  fish: fishScript,
}

/** It completes files wherever neither a command nor a flag fits. */
function bashScript(commands: readonly Completed[]): string {
  const paths = commands.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`)
  const subcommands = commands
    .filter((one) => one.subcommands.length > 0)
    .map(({ path, subcommands }) => `      '${path}') words='${subcommands.join(' ')}' ;;`)
  const flags = commands.map(
    ({ path, options }) => `      '${path}') words='${options.map(({ long }) => long).join(' ')}' ;;`,
  )
  const choices = commands.flatMap(({ path, options }) =>
    options.flatMap(({ long, argChoices }) =>
      argChoices ? [`    '${path} ${long}') words='${argChoices.join(' ')}' ;;`] : [],
    ),
  )
  return `_regard() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' word words=''
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    case "$path $word" in
      ${paths.join(' | ')}) path="$path $word" ;;
    esac
  done
  if [[ "$current" == -* ]]; then
    case "$path" in
${flags.join('\n')}
    esac
  else
    case "$path" in
${subcommands.join('\n')}
    esac
  fi
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${choices.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _regard regard`
}

function fishScript(commands: readonly Completed[]): string {
  return commands
    .flatMap(({ path, subcommands, options }) => {
      const steps = path.split(' ').filter(Boolean)
      const isHere = [
        ...steps.map((step) => `__fish_seen_subcommand_from ${step}`),
        ...(steps.length < 2 && subcommands.length > 0
          ? [`not __fish_seen_subcommand_from ${subcommands.join(' ')}`]
          : []),
      ].join('; and ')
      const when = isHere ? ` -n '${isHere}'` : ''
      return [
        ...subcommands.map((name) => {
          const described = commands.find((one) => one.path === `${path} ${name}`)?.description ?? ''
          return `complete -c regard${when} -a ${name} -d ${quoted(firstSentence(described))}`
        }),
        ...options.map(({ long, description, argChoices, required }) => {
          const values = argChoices ? ` -x -a '${argChoices.join(' ')}'` : required ? ' -r' : ''
          return `complete -c regard${when} -l ${long!.slice(2)}${values} -d ${quoted(firstSentence(description))}`
        }),
      ]
    })
    .join('\n')
}

function firstSentence(text: string): string {
  return text.split(/[.:;] /)[0]!
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
