package import LinuxIO
package import WasmCache

/// How a worker of another machine compiles what a wish wants: which files it needs, and what it does with them.
///
/// Paths are those of the directory that the worker starts in. Everything that decides what is made is in here: nothing is
/// inferred from the machine.
package struct RemoteRecipe: Sendable {
  /// The compiler, and all that it needs to run.
  package let files: [RemoteFile]
  /// The program and its arguments.
  package let arguments: [String]
  /// The module's place.
  package let module: String
  /// The artifact's place.
  package let artifact: String
  /// The exit status of a compiler that does not take the module. This machine's compiler is asked then, too.
  package let refusal: UInt8

  package init(files: [RemoteFile], arguments: [String], module: String, artifact: String, refusal: UInt8) {
    self.files = files
    self.arguments = arguments
    self.module = module
    self.artifact = artifact
    self.refusal = refusal
  }
}

/// A file that a worker of another machine is given.
package struct RemoteFile: Sendable {
  package let path: String
  package let digest: ArtifactDigest
  /// Bytes.
  package let size: Int
  package let isExecutable: Bool
  /// Another descriptor of the file, for reading; nil if the system grants none.
  package let open: @Sendable () -> Descriptor?

  package init(
    path: String, digest: ArtifactDigest, size: Int, isExecutable: Bool, open: @escaping @Sendable () -> Descriptor?
  ) {
    self.path = path
    self.digest = digest
    self.size = size
    self.isExecutable = isExecutable
    self.open = open
  }
}
