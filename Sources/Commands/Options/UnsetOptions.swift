internal import ArgumentParser

// The option groups as they are when the command line has none of their options, made without the argument parser. A new
// option needs its line here, as QuickArgumentsTests insists: what is left out here cannot be read.

extension PrecompileCommand {
  static var unset: PrecompileCommand {
    var command = PrecompileCommand()
    command.path = []
    command.compiler = .unset
    command.engine = .unset
    command.cache = .unset
    command.room = .unset
    command.lists = .unset
    command.selection = .unset
    command.execution = .unset
    command.limits = .unset
    command.sandbox = .unset
    command.outputs = .unset
    command.watching = .unset
    command.verbosity = .unset
    command.color = .unset
    command.format = .unset
    command.drawing = .unset
    return command
  }
}

extension CompilerOptions {
  fileprivate static var unset: CompilerOptions {
    var options = CompilerOptions()
    options.backends = []
    options.optLevel = nil
    options.cpu = nil
    return options
  }
}

extension EngineOptions {
  fileprivate static var unset: EngineOptions {
    var options = EngineOptions()
    options.engine = nil
    return options
  }
}

extension CacheOptions {
  fileprivate static var unset: CacheOptions {
    var options = CacheOptions()
    options.cacheDir = nil
    options.trustCache = false
    return options
  }
}

extension CacheSizeOptions {
  fileprivate static var unset: CacheSizeOptions {
    var options = CacheSizeOptions()
    options.maxSize = nil
    return options
  }
}

extension ListOptions {
  fileprivate static var unset: ListOptions {
    var options = ListOptions()
    options.filesFrom = []
    options.isSeparatedByNUL = false
    return options
  }
}

extension SelectionOptions {
  fileprivate static var unset: SelectionOptions {
    var options = SelectionOptions()
    options.exclude = []
    options.followLinks = false
    return options
  }
}

extension ExecutionOptions {
  fileprivate static var unset: ExecutionOptions {
    var options = ExecutionOptions()
    options.jobs = nil
    options.failFast = false
    options.dryRun = false
    options.check = false
    options.frozen = false
    options.force = false
    options.rehash = false
    return options
  }
}

extension LimitOptions {
  fileprivate static var unset: LimitOptions {
    var options = LimitOptions()
    options.timeout = nil
    options.maxModule = nil
    options.maxArtifact = nil
    return options
  }
}

extension SandboxOptions {
  fileprivate static var unset: SandboxOptions {
    var options = SandboxOptions()
    options.maxMemory = nil
    options.requireSandbox = false
    return options
  }
}

extension TimingOptions {
  fileprivate static var unset: TimingOptions {
    var options = TimingOptions()
    options.timings = nil
    options.trace = nil
    return options
  }
}

extension OutputOptions {
  fileprivate static var unset: OutputOptions {
    var options = OutputOptions()
    options.output = nil
    options.stamp = nil
    options.depfile = nil
    return options
  }
}

extension WatchOptions {
  fileprivate static var unset: WatchOptions {
    var options = WatchOptions()
    options.watch = false
    options.exec = nil
    options.debounce = nil
    options.poll = false
    options.clear = false
    return options
  }
}

extension VerbosityOptions {
  fileprivate static var unset: VerbosityOptions {
    var options = VerbosityOptions()
    options.quiet = false
    options.verbose = false
    options.explain = false
    return options
  }
}

extension ColorOptions {
  fileprivate static var unset: ColorOptions {
    var options = ColorOptions()
    options.color = nil
    return options
  }
}

extension FormatOptions {
  fileprivate static var unset: FormatOptions {
    var options = FormatOptions()
    options.format = .human
    return options
  }
}
