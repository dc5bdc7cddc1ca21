"""What the demo's people say: titles, scenes, captions and sounds of the three series.

A scene names its place and its lines. A line begins with who speaks (``a``, ``b``, ``c``) and how: a
space speaks, ``!`` shouts, ``~`` thinks. ``*`` is a narrator's caption and ``#`` a sound effect.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One text of a scene: ``who`` is a speaker (a, b, c), ``*`` a narrator or ``#`` a sound."""

    who: str
    tone: str
    text: str


@dataclass(frozen=True)
class Scene:
    """A place (the name of a backdrop) and what is said there, in order."""

    place: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Script:
    """The texts of a series: its printed name, its episodes' titles from the first on, its scenes."""

    name: str
    author: str
    titles: tuple[str, ...]
    scenes: tuple[Scene, ...]
    captions: tuple[str, ...]
    sounds: tuple[str, ...]


TONES = {" ": "speech", "!": "shout", "~": "thought"}


def read_line(text: str) -> Line:
    """Read one written line.

    >>> read_line("b! 비 온다!")
    Line(who='b', tone='shout', text='비 온다!')
    >>> read_line("* 다음 날")
    Line(who='*', tone='caption', text='다음 날')
    """
    who = text[0]
    if who in "*#":
        return Line(who, "caption" if who == "*" else "sound", text[1:].strip())
    return Line(who, TONES[text[1]], text[2:].strip())


def _scene(place: str, *lines: str) -> Scene:
    return Scene(place, tuple(read_line(line) for line in lines))


_AFTER_CLASS = Script(
    name="방과 후 우리는",
    author="AFTER CLASS",
    titles=(
        "새 학기 첫날",
        "창가 자리",
        "비 오는 날",
        "매점의 법칙",
        "조별 과제",
        "옥상 열쇠",
        "고양이 소동",
        "체육 대회",
        "졸린 수요일",
        "도서관 데이트?",
        "영어 시간",
        "우산 두 개",
        "시험 전날",
        "여름 방학",
    ),
    scenes=(
        _scene("classroom", "a 숙제 했어?", "b 무슨 숙제?", "b! 오늘까지였어?!", "a 아니, 어제까지."),
        _scene("corridor", "a 어디 가?", "b 매점. 빵이 세 개 남았대.", "a! 왜 이제 말해!", "# 다다다"),
        _scene(
            "rooftop", "a 여기 바람 좋다.", "b 그치? 비밀 장소야.", "c 나도 아는데?", "b~ 비밀이 아니었네…"
        ),
        _scene("street", "* 집에 가는 길", "a 오늘 같이 갈래?", "b 응? 나, 나는 좋아!", "b~ 목소리 떨렸다."),
        _scene(
            "classroom", "* 영어 시간", "a How are you?", "b I'm fine, thank you. And you?", "a~ 너무 완벽해…"
        ),
        _scene(
            "classroom",
            "a 이 문제 답이 뭐야?",
            "b 3번.",
            "a 어떻게 알았어?",
            "b 네가 2번이라고 해서.",
            "# 빠직",
        ),
        _scene("corridor", "a 넥타이 삐뚤어졌어.", "b 어? 고마워.", "# 두근", "b~ 방금 뭐였지?"),
        _scene("rooftop", "a! 야호!", "b 학교에서 왜 소리를 질러.", "a 산에 온 기분이잖아."),
        _scene("street", "# 야옹", "a 고양이다!", "b 따라온다. 배고픈가 봐.", "a 참치 샌드위치… 잘 가."),
        _scene("classroom", "a 조장은 누가 해?", "b 가위바위보로 하자.", "a! 가위바위보!", "c 왜 또 나야…"),
        _scene("corridor", "a 쉿, 선생님 오신다.", "b 우리 잘못한 거 없잖아.", "a 그래도 긴장돼."),
        _scene("street", "# 쏴아아", "a 우산 있어?", "b 하나 있는데… 같이 쓸래?", "a~ 어깨가 다 젖었잖아."),
        _scene("classroom", "a~ 졸려… 점심 먹고 수학이라니.", "b! 일어나!", "a 안 잤어! 눈만 쉬었어."),
        _scene("rooftop", "a 방학 때 뭐 할 거야?", "b 늦잠.", "a 그다음엔?", "b 낮잠.", "a 계획적이네."),
        _scene(
            "corridor",
            "a 체육복 빌려줘.",
            "b 또? 이번 주만 세 번째야.",
            "a 매점에서 살게.",
            "b 두 벌 빌려줄까?",
        ),
        _scene("street", "a 저기, 할 말이 있는데.", "b 뭔데?", "a~ 지금이다!", "a 너… 김치 묻었어."),
        _scene(
            "classroom", "* 시험 당일", "a 공부 많이 했어?", "b 하나도 안 했어.", "a~ 저 말을 믿으면 안 된다."
        ),
        _scene(
            "corridor", "a Excuse me, where is the library?", "b~ 영어다! 영어로 물어봤어!", "b 저기! There!"
        ),
    ),
    captions=("다음 날", "잠시 후", "그날 오후", "종이 울렸다.", "10분 뒤", "그때는 몰랐다."),
    sounds=("두근두근", "드르륵", "휘익", "딩동댕", "반짝", "후다닥", "움찔"),
)

_MOONLIT_BUS = Script(
    name="달빛 버스",
    author="MOONLIT BUS",
    titles=(
        "막차",
        "내릴 수 없는 정류장",
        "열세 번째 승객",
        "거꾸로 가는 시계",
        "빗속의 여자",
        "라디오",
        "잃어버린 우산",
        "터널",
        "두 개의 달",
        "운전사의 비밀",
        "종점 없는 밤",
        "검은 고양이",
        "첫차가 오기 전",
        "새벽 네 시",
    ),
    scenes=(
        _scene(
            "bus-stop", "* 밤 11시 59분", "a 이 버스, 시청 가나요?", "b 가긴 갑니다.", "b 오늘은 아니지만."
        ),
        _scene(
            "bus", "a~ 승객이 나밖에 없어.", "b 처음 타시는군요.", "a! 누, 누구세요?", "b 뒷자리 단골이요."
        ),
        _scene(
            "night-street",
            "# 쿵",
            "a! 방금 뭐였어?",
            "b 자판기가 넘어졌네.",
            "a 혼자서?",
            "b 오늘은 보름이니까.",
        ),
        _scene("bus", "a 벨을 눌렀는데 안 서요.", "b 그 벨은 소원 벨이에요.", "a~ 그럼 김밥을…", "# 띵동"),
        _scene(
            "rain", "# 쏴아아", "a 타시겠어요?", "b 저는 비를 기다려요.", "a 지금 오는데요?", "b 이 비 말고."
        ),
        _scene("bus-stop", "a You missed the last bus?", "b No. It missed me.", "a~ 멋있는데 춥겠다."),
        _scene(
            "night-street", "a 달이 두 개야.", "b 하나는 가로등이에요.", "a 어느 쪽이?", "b …움직이는 쪽이요."
        ),
        _scene("bus", "a 요금이 얼마예요?", "b 기억 하나.", "a 교통 카드는요?", "b 환승 됩니다."),
        _scene("rain", "a! 거기 서!", "# 철벅", "b 왜 쫓아와요!", "a 우산 놓고 갔잖아요!", "b 아."),
        _scene("bus-stop", "a 시계가 거꾸로 가요.", "b 그럼 아직 안 늦었네요.", "a~ 묘하게 위로가 돼."),
        _scene(
            "bus",
            "# 지지직",
            "a 라디오에서 내 목소리가…",
            "b 신청곡이 뭐였죠?",
            "a 자장가요.",
            "b 위험한데요.",
        ),
        _scene(
            "night-street",
            "# 야옹",
            "a 검은 고양이다.",
            "b 흰 고양이예요. 밤이라서 그래요.",
            "a 가까이 가 볼까?",
        ),
        _scene("rain", "a~ 누가 따라온다.", "a! 누구야!", "b 저… 같은 방향인데요.", "a 죄송합니다."),
        _scene("bus-stop", "a 다음 버스는 언제 오죠?", "b Tomorrow, or yesterday.", "a 둘 다 놓치겠네."),
        _scene("bus", "a 터널이 너무 길어요.", "b 눈을 감으면 짧아져요.", "# 덜컹", "a! 더 길어졌잖아요!"),
        _scene(
            "night-street",
            "a 정말 가야 해?",
            "b 첫차가 오기 전에.",
            "a 이거 가져가. 삶은 달걀.",
            "b 두 개나…",
        ),
        _scene("bus", "a 운전사님은 안 자요?", "b 낮에 잡니다.", "a~ 평범하네.", "b 박쥐처럼 거꾸로요."),
        _scene("rain", "* 새벽 네 시", "a 비가 그쳤어.", "b 그럼 이만 내릴게요.", "a 여기는 다리 위인데요?"),
    ),
    captions=("그날 밤", "같은 시각", "버스는 멈추지 않았다.", "03:33", "문이 열렸다.", "아무도 없었다."),
    sounds=("끼이익", "덜컹", "철컥", "우르릉", "번쩍", "쿵쿵", "스윽"),
)

_TIDAL_TOWN = Script(
    name="물때의 마을",
    author="TIDAL TOWN",
    titles=("돌아온 여름", "등대지기", "갈매기와 새우 과자", "민박집 102호", "해녀 할머니", "마지막 배"),
    scenes=(
        _scene("sea-wall", "a 바다 냄새, 오랜만이다.", "b 미역 냄새야.", "a 분위기 좀…"),
        _scene(
            "harbour", "# 뿌우", "a 배가 들어온다!", "b 오늘은 오징어 풍년이래.", "a 오늘도 오징어국이구나."
        ),
        _scene("beach", "a 발 담그자!", "b 차가울 텐데.", "a! 차가워!", "b 내가 뭐랬어."),
        _scene("village", "a 이 동네는 안 변했네.", "b 자판기가 생겼어.", "a 와, 도시 다 됐다."),
        _scene("sea-wall", "# 끼룩", "a 갈매기가 과자를 노려.", "b 하나 줘 봐.", "a! 봉지째 가져갔어!"),
        _scene("harbour", "a Welcome to our town!", "b 나 여기 사람이야.", "a 알아. 연습이야."),
        _scene("beach", "a~ 노을이 빨갛다.", "b 내일도 맑겠네.", "a 어떻게 알아?", "b 일기 예보 봤어."),
        _scene("village", "a 할머니, 방 있어요?", "b 있지. 바다도 보여.", "a~ 까치발을 들면 보이네."),
        _scene("sea-wall", "a 등대까지 뛸래?", "b 진 사람이 빙수 사기.", "a! 준비, 출발!", "# 타다닥"),
        _scene("harbour", "* 마지막 배가 떠났다.", "a 내일 가지, 뭐.", "b 어제도 그 말 했잖아."),
        _scene("village", "a 물때가 언제야?", "b 두 시. 조개 캐러 갈까?", "a 호미는 내가 들게."),
        _scene("beach", "a 편지가 들어 있어!", "b 뭐라고 써 있어?", "a 병은 재활용해 주세요."),
    ),
    captions=("그해 여름", "물이 빠지는 시간", "바람이 바뀌었다.", "저녁 무렵", "다시, 바다."),
    sounds=("철썩", "쏴아", "끼룩끼룩", "살랑", "첨벙", "뿌우우"),
)

SCRIPTS = {"after-class": _AFTER_CLASS, "moonlit-bus": _MOONLIT_BUS, "tidal-town": _TIDAL_TOWN}
CREDITS = ("글·그림 toonseg", "다음 화에 계속", "이 만화는 프로그램이 그렸습니다.", "To be continued")


def all_text() -> str:
    """Every character that the demo writes, once, sorted: what its fonts must hold."""
    texts = list(CREDITS)
    for script in SCRIPTS.values():
        texts += [script.name, script.author, *script.titles, *script.captions, *script.sounds]
        texts += [line.text for scene in script.scenes for line in scene.lines]
    ascii_text = "".join(chr(code) for code in range(0x20, 0x7F))
    return "".join(sorted(set("".join(texts) + ascii_text + "제화—…·「」♪★")))
