internal import ArgumentParser
internal import SystemPackage
internal import WasmCache

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Make keys, with which artifacts are signed.", subcommands: [Generate.self])

  struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "generate",
      abstract: "Make a pair of keys: a secret one, which signs, and a public one, which is trusted.",
      discussion: """
        The secret key goes to whoever fills caches for others, and to nobody else: --sign-with. The public one goes to whoever \
        takes from them: --trust. Their files are those of signify(1); minisign(1) and signify(1) verify what the key signs. \
        Nothing is ever overwritten.
        """)

    @Option(
      help: ArgumentHelp(
        "What the files are called, without .pub and .sec: letters, digits, dots, dashes and underscores.",
        valueName: "name"))
    var name = Program.name

    @Argument(help: "The directory for the two files. It is made if it is missing.", completion: .directory)
    var directory = PathArgument(path: ".")

    @OptionGroup @ParsedOptions var format: FormatOptions

    func validate() throws {
      guard KeyPairFiles.isName(name) else {
        throw ValidationError(
          "--name '\(name)': a name has at most 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit"
        )
      }
    }

    func run() throws {
      let lines = format.isJSON ? JSONLines("keys generate") : nil
      let (files, key) = try reportingFailure(to: lines) { () throws(RunFailure) in
        let key = SigningKey(generating: name)
        let files = KeyPairFiles(directory.path, name: name)
        try files.write(key)
        return (files, key)
      }
      let id = "\(key.verificationKey.id)"
      if let lines {
        lines.write([
          "type": "key_pair", "id": .string(id), "public": JSON(files.publicFile), "secret": JSON(files.secretFile),
        ])
        lines.write(["type": "summary"])
        return
      }
      Output.standard.write(
        """
        \(files.publicFile.printable): the public key \(id), for everybody: --trust
        \(files.secretFile.printable): the secret key, for whoever signs: --sign-with

        """)
    }
  }
}
