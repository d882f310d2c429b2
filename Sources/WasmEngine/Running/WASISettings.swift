public import SystemPackage

/// The part of the world that a program is given: a module in WASI preview 1, a component in preview 2. The standard
/// streams are the process's own.
public struct WASISettings: Hashable, Sendable {
  /// A variable of the program's environment.
  ///
  /// Name and value are UTF-8 without a NUL; anything else is refused with ``RunError/notText(_:)``.
  public struct Variable: Hashable, Sendable {
    public var name: String
    public var value: String

    /// Makes a variable.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A directory that the program may read and change, and the name by which it knows it.
  public struct Directory: Hashable, Sendable {
    /// The directory's path on this machine.
    public var host: FilePath
    /// The path under which the program sees it, such as `/`.
    public var guest: String

    /// Names a directory for a program.
    public init(host: FilePath, guest: String) {
      self.host = host
      self.guest = guest
    }
  }

  /// The program's arguments. The first is the program's name.
  public var arguments: [String]
  /// The program's whole environment. Nothing of the process's own is passed on.
  public var environment: [Variable]
  /// The directories that the program may use. It sees no other files.
  public var directories: [Directory]

  /// Makes settings; without any, the program gets only the standard streams.
  public init(arguments: [String] = [], environment: [Variable] = [], directories: [Directory] = []) {
    self.arguments = arguments
    self.environment = environment
    self.directories = directories
  }
}
