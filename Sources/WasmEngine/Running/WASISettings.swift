public import SystemPackage

/// What a program is given of the world, in WASI preview 1. The standard streams are the process's own.
public struct WASISettings: Hashable, Sendable {
  public struct Variable: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A directory that the program may read and change, and the name by which it knows it.
  public struct Directory: Hashable, Sendable {
    public var host: FilePath
    public var guest: String

    public init(host: FilePath, guest: String) {
      self.host = host
      self.guest = guest
    }
  }

  /// The first is the program's name.
  public var arguments: [String]
  /// Nothing of the process's own environment is passed on.
  public var environment: [Variable]
  public var directories: [Directory]

  public init(arguments: [String] = [], environment: [Variable] = [], directories: [Directory] = []) {
    self.arguments = arguments
    self.environment = environment
    self.directories = directories
  }
}
