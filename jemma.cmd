@echo off
rem The jemma command for Windows. Finds a JDK, builds what is not built yet, starts Java with the right flags.
rem   JEMMA_JAVA_HOME  the JDK to use          JEMMA_JAVA_OPTS  more flags for Java
setlocal EnableExtensions DisableDelayedExpansion
set "HOME_DIR=%~dp0"
set "WANTED=25"
set "JDK="

if defined JEMMA_JAVA_HOME (
    call :fits "%JEMMA_JAVA_HOME%"
    if not defined JDK (
        echo jemma: JEMMA_JAVA_HOME is not a JDK of version %WANTED% or newer; correct or unset it 1>&2
        exit /b 1
    )
)
if not defined JDK if defined JAVA_HOME call :fits "%JAVA_HOME%"
if not defined JDK for %%j in (java.exe) do if not "%%~dp$PATH:j"=="" call :fits "%%~dp$PATH:j.."
if not defined JDK for %%r in (
    "%ProgramFiles%\Eclipse Adoptium" "%ProgramFiles%\Java" "%ProgramFiles%\Microsoft" "%ProgramFiles%\Zulu"
    "%ProgramFiles%\Amazon Corretto" "%ProgramFiles%\BellSoft" "%LOCALAPPDATA%\Programs\Eclipse Adoptium"
    "%USERPROFILE%\.jdks" "%USERPROFILE%\scoop\apps"
) do if exist "%%~r" for /d %%d in ("%%~r\*") do (
    if not defined JDK call :fits "%%~d"
    if not defined JDK if exist "%%~d\current\release" call :fits "%%~d\current"
)
if not defined JDK (
    echo jemma: no JDK %WANTED% or newer was found ^(looked at JEMMA_JAVA_HOME, JAVA_HOME, the PATH and the usual folders^). 1>&2
    echo Get one with: winget install EclipseAdoptium.Temurin.%WANTED%.JDK 1>&2
    echo or from https://adoptium.net; then try again, or set JEMMA_JAVA_HOME to its folder. 1>&2
    exit /b 1
)

call :is_built
if defined BUILT goto start
call :build
if errorlevel 1 exit /b 1

:start
set "COMMAND="
set "WEIGHT=heavy"
call :weigh %*
set "FLAGS=--add-modules jdk.incubator.vector"
if "%WEIGHT%"=="light" set "FLAGS="
if "%WEIGHT%"=="lightest" set "FLAGS=-XX:TieredStopAtLevel=1"
rem Models live outside the heap: the serial collector keeps it small, unless another one is asked for.
set "GC=-XX:+UseSerialGC"
if defined JEMMA_JAVA_OPTS if not "%JEMMA_JAVA_OPTS:-XX:+Use=%"=="%JEMMA_JAVA_OPTS%" set "GC="
set "FLAGS=%FLAGS% %GC%"
"%JDK%\bin\java.exe" %FLAGS% --enable-native-access=ALL-UNNAMED -Xlog:disable -Xlog:all=error:stderr %JEMMA_JAVA_OPTS% -cp "%HOME_DIR%cli\target\jemma-cli.jar;%HOME_DIR%cli\target\lib\*" dev.jemma.cli.Main %*
exit /b %ERRORLEVEL%

rem Sets JDK to folder %1 if it holds a whole JDK that is new enough. Its release file says JAVA_VERSION="25.0.3".
:fits
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
set "FOUND="
for /f "usebackq tokens=2 delims==" %%v in (`findstr /b "JAVA_VERSION=" "%~1\release"`) do set "FOUND=%%~v"
if not defined FOUND exit /b 0
for /f "delims=.-+_" %%m in ("%FOUND%") do set "FOUND=%%m"
if %FOUND% GEQ %WANTED% for %%f in ("%~1") do set "JDK=%%~ff"
exit /b 0

rem Sets BUILT if the jars are there and no source is newer than the last build (file times compared by xcopy's /d rule
rem would need a copy, so PowerShell, which every Windows has, looks).
:is_built
set "BUILT="
if not exist "%HOME_DIR%cli\target\jemma-cli.jar" exit /b 0
if not exist "%HOME_DIR%cli\target\.built" exit /b 0
powershell -NoProfile -Command "$h=$env:HOME_DIR; $s=(Get-Item -LiteralPath ($h+'cli\target\.built') -Force).LastWriteTimeUtc; $n=Get-ChildItem -Recurse -LiteralPath ($h+'core\src\main'),($h+'cli\src\main'),($h+'pom.xml'),($h+'core\pom.xml'),($h+'cli\pom.xml') | Where-Object {$_.LastWriteTimeUtc -gt $s} | Select-Object -First 1; if ($n) {exit 1}" >nul 2>&1
if not errorlevel 1 set "BUILT=yes"
exit /b 0

:build
where mvn >nul 2>&1
if errorlevel 1 (
    echo jemma: building needs Maven 3.8 or newer, and there is no mvn on the PATH; install it and try again 1>&2
    exit /b 1
)
set "WAITED=0"
:lock
mkdir "%HOME_DIR%.build-lock" 2>nul
if not errorlevel 1 goto locked
if %WAITED%==0 echo jemma: waiting for another build of Jemma to end 1>&2
set /a WAITED+=1
if %WAITED% GEQ 600 (
    echo jemma: another build has held "%HOME_DIR%.build-lock" for long; if none runs, remove that folder 1>&2
    exit /b 1
)
ping -n 3 127.0.0.1 >nul
goto lock
:locked
call :is_built
set "FAILED=0"
if defined BUILT goto unlock
echo jemma: building ^(once; about a minute the first time^) ... 1>&2
if not exist "%HOME_DIR%cli\target" mkdir "%HOME_DIR%cli\target"
type nul > "%HOME_DIR%cli\target\.built.new"
setlocal
set "JAVA_HOME=%JDK%"
pushd "%HOME_DIR%"
call mvn -q -B -pl cli -am package -Dquick -Dmaven.test.skip=true > "%HOME_DIR%cli\target\build.log" 2>&1 <nul
set "MAVEN_STATUS=%ERRORLEVEL%"
popd
endlocal & set "FAILED=%MAVEN_STATUS%"
if %FAILED%==0 (
    move /y "%HOME_DIR%cli\target\.built.new" "%HOME_DIR%cli\target\.built" >nul
) else (
    echo jemma: the build failed; see "%HOME_DIR%cli\target\build.log" 1>&2
)
:unlock
rmdir "%HOME_DIR%.build-lock" 2>nul
if %FAILED%==0 exit /b 0
exit /b 1

rem Finds the command among the arguments; light commands start without the vector module.
:weigh
if "%~1"=="" goto weighed
for %%h in (-h --help -V --version) do if "%~1"=="%%h" set "WEIGHT=lightest"
set "WORD=%~1"
if not defined COMMAND if not "%WORD:~0,1%"=="-" set "COMMAND=%WORD%"
shift
goto weigh
:weighed
if "%WEIGHT%"=="lightest" exit /b 0
if not defined COMMAND set "WEIGHT=lightest"
for %%c in (help list rm) do if "%COMMAND%"=="%%c" set "WEIGHT=lightest"
for %%c in (pull import tokenize detokenize inspect prepare) do if "%COMMAND%"=="%%c" set "WEIGHT=light"
exit /b 0
