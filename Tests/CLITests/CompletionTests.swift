import Foundation
import TestSupport
import Testing

/// The committed completion scripts, in the shells that they are for.
@Suite struct CompletionTests {
  enum Shell: String, CaseIterable { case bash, zsh, fish }

  private static let directory = "\(EngineUnderTest.packageRoot)/completions"

  /// What a shell offers for each command line, sorted.
  private func offered(_ shell: Shell, _ lines: [String], in box: Sandbox) throws -> [Set<String>] {
    try box.write(WasmBinary.empty, to: "module.wasm")
    try box.write(WasmBinary.empty, to: "tree/inner.wasm")
    // Offered where any file may be meant, and not where a module is.
    if lines.contains("run ") { try box.write("", to: "notes.txt") }
    try box.write(lines.map { $0 + "\n" }.joined(), to: "../lines")
    let result =
      switch shell {
      case .fish: try box.command("fish", ["--no-config", "-c", Argument(Self.fish)]).run()
      case .bash: try drive(["bash", "--norc", "--noprofile", "-i"], Self.bash, key: "\u{1b}*", in: box)
      case .zsh: try drive(["zsh", "-f", "-i"], Self.zsh, key: "\u{18}a", in: box)
      }
    #expect(result.ending == .exited(0), "\(result.errors)")
    let answers = result.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    try #require(answers.count == lines.count, "\(result.output)\(result.errors)")
    // Shells mark directories or do not, and fish describes what it offers.
    return answers.map { answer in
      Set(
        answer.components(separatedBy: "\u{1}").filter { !$0.isEmpty }.map { String($0.prefix { !"\t/".contains($0) }) }
      )
    }
  }

  @Test(arguments: Shell.allCases) func offersWhatMayComeNext(_ shell: Shell) throws {
    try Sandbox.use { box in
      let help = try box.succeed("--help").output
      let commands = Set(
        help.components(separatedBy: "SUBCOMMANDS:\n").last?.lines.compactMap { line in
          line.firstMatch(of: #/^  ([a-z]+) /#).map { String($0.1) }
        } ?? [])
      #expect(commands.isSuperset(of: ["path", "hash", "engines", "cache", "completions"]))
      let files: Set = ["module.wasm", "tree"]
      let lines = [
        "", "c", "mod", "--", "--backend ", "--force ", "module.wasm ", "cache ", "path ", "path --", "cache verify --",
        "completions ", "--format ", "--backend winch --cpu ", "--backend=w", "path --backend=", "help ", "help cache ",
        "run ",
      ]
      let found = try Dictionary(uniqueKeysWithValues: zip(lines, offered(shell, lines, in: box)))
      let first = found[""] ?? []
      #expect(first.isSuperset(of: commands.union(files)), "\(first)")
      #expect(found["c"]?.isSuperset(of: ["cache", "completions", "config"]) == true)
      #expect(found["c"]?.contains { !$0.hasPrefix("c") } == false)
      #expect(found["mod"] == ["module.wasm"])
      let options = found["--"] ?? []
      #expect(options.isSuperset(of: ["--backend", "--watch", "--format", "--help"]), "\(options)")
      #expect(options.isDisjoint(with: files.union(["--compile", "--repair"])))
      #expect(found["--backend "]?.isSuperset(of: ["cranelift", "winch", "pulley", "llvm", "wasm2c"]) == true)
      #expect(found["--format "] == ["human", "json"])
      #expect(found["--backend winch --cpu "]?.isSuperset(of: ["native", "baseline"]) == true)
      for line in ["--force ", "module.wasm ", "path "] {
        let offered = found[line] ?? []
        #expect(offered.isSuperset(of: files), "\(line): \(offered)")
        #expect(offered.isDisjoint(with: commands), "\(line): \(offered)")
      }
      #expect(found["cache "]?.isSuperset(of: ["dir", "verify"]) == true)
      #expect(found["cache "]?.isDisjoint(with: files) == true)
      #expect(found["--backend=w"]?.contains { $0.hasSuffix("winch") } == true, "\(found["--backend=w"] ?? [])")
      #expect(found["--backend=w"]?.contains { $0.hasSuffix("cranelift") && !$0.contains("wasmer") } == false)
      #expect(found["path --backend="]?.count == found["--backend "]?.count, "\(found["path --backend="] ?? [])")
      #expect(found["help "]?.isSuperset(of: ["path", "cache", "run"]) == true)
      #expect(found["help "]?.isDisjoint(with: files) == true)
      #expect(found["help cache "]?.isSuperset(of: ["list", "gc"]) == true)
      #expect(found["run "] == files, "modules, and directories of them")
      let path = found["path --"] ?? []
      #expect(path.isSuperset(of: ["--compile", "--backend"]) && !path.contains("--watch"), "\(path)")
      #expect(found["cache verify --"]?.contains("--repair") == true)
      #expect(found["completions "] == ["bash", "zsh", "fish"])
    }
  }

  @Test(arguments: Shell.allCases) func theProgramPrintsWhatIsCommitted(_ shell: Shell) throws {
    try Sandbox.use { box in
      let name = shell == .zsh ? "_wasmprecompile" : "wasmprecompile.\(shell.rawValue)"
      let committed = try String(contentsOfFile: "\(Self.directory)/\(name)", encoding: .utf8)
      #expect(try box.succeed("completions", "\(shell.rawValue)").output == committed, "run `make docs`")
    }
  }

  // MARK: Driving shells

  private static let fish = """
    source \(directory)/wasmprecompile.fish
    while read -l line
      printf '%s\\1' (complete -C "wasmprecompile $line")
      echo
    end < ../lines
    """

  /// Each key inserts everything that is offered, and what the line has become is what the command is given.
  private static let bash = """
    source \(directory)/wasmprecompile.bash
    """
  private static let zsh = """
    fpath=(\(directory) $fpath)
    autoload -Uz compinit && compinit -u -D
    zle -C all-matches complete-word _generic
    bindkey '^Xa' all-matches
    zstyle ':completion:all-matches::::' completer _all_matches _complete
    zstyle ':completion:all-matches:*' insert true
    """

  /// Types command lines into a shell on a terminal of its own.
  private func drive(_ shell: [String], _ preparation: String, key: String, in box: Sandbox) throws -> CommandResult {
    try box.write(
      preparation + "\n" + #"wasmprecompile() { printf '\1%s' "$@"; printf '\2'; }"# + "\nprintf '\\2'\n",
      to: "../prepare")
    var python = box.command(
      "python3", ["-c", Argument(Self.driver), "../prepare", "../lines", Argument(key)] + shell.map { Argument($0) })
    python.environment["TERM"] = "dumb"
    python.environment["PS1"] = ""
    return try python.run()
  }

  private static let driver = """
    import os, pty, sys

    preparation, lines, key = sys.argv[1], open(sys.argv[2]).read().split("\\n")[:-1], sys.argv[3]
    process, terminal = pty.fork()
    if process == 0: os.execvp(sys.argv[4], sys.argv[4:])

    # What is typed is echoed, too, but never these two characters.
    def answer():
        text = b""
        while not text.endswith(b"\\2"):
            text += os.read(terminal, 1)
        return text[text.find(b"\\1") + 1:-1].decode() if b"\\1" in text else ""

    os.write(terminal, b"source " + preparation.encode() + b"\\r")
    answer()
    for line in lines:
        os.write(terminal, ("wasmprecompile " + line + key + "\\r").encode())
        # Without the words that were there.
        print("\\1".join(answer().split("\\1")[line.count(" "):]))
    os.write(terminal, b"exit\\r")
    try:
        while os.read(terminal, 1000): pass
    except OSError: pass
    os.waitpid(process, 0)
    """
}
