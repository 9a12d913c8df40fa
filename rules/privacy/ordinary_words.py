"""Words that are also names, and clinical terms that are neither: data for the redaction rules.

A name of the first list counts as a name only with a capital letter, unless another name stands beside
it. Terms of the second list are kept when only a language model or a loose pattern, not the record, calls them
a person or a place.
"""

from __future__ import annotations


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


NAMES_THAT_ARE_WORDS = _set(
    """
    abbey able ace alder ali alma amber amity an angel ann any apple april art as ash asher aspen aster august
    autumn avenue baker ball bank banks barber barker barn baron basil bass bath battle bay beach bean bear beck
    bee bell ben berry best beth beverage bill bird bishop black blessing bliss bloom blue bob bond booker booth
    bourne bow bowl bowler boy boys bracken branch brand brave bridge bridges bright bristol brook brooks brown
    bruce buck bull bunting burn burns bush butcher butler buzz can candy cannon canon care carol carpenter
    carter case cash castle cat chance chancellor chandler chapel charity chase cherish chew child christian
    church claw clay clement clover coach coal cole coleman colt comfort constant cook cooper corn cost cotton
    couch court coy crane crisp cross crow crystal cub cumber curry dale dan dance darling dash dawn day day's
    deacon deal dean dear destiny dew dial diamond dick did dill din dina dixie do dob dock dollar don dove down
    drake draper drew driver duke dusty dyer earl early east easter ed eden ella ember english era eve even ever
    faith falcon fame fan farmer favour fern field fielding fields finch fish fisher fletcher flint flo flora
    flower flowers foot forbes ford forest forester fortune foster fountain fox frank franklin free freed
    freeman french friend frost fry fuller gale game garden gardener gay gem gene gill ginger glass glen glory
    glover golden golding good goodwin grace grain grand grant gray green grey grove guest gun guy had hal hale
    hall hand hands happy hard hardy harmony harp harper hart has haven hawk hay hazel he head heart heath
    heather heaven hedge henna her herald herb heritage hero hill hills him hind his hobby holder holiday holly
    home honey honour hood hook hooker hope hopes horn house how howl hugh hunt hunter ian ice ida in iris is
    its ivory ivy jack jade jasmine jasper jay jean jet jewel jo job jolly joy joyce jude juice june junior
    juniper just justice kay keen key keys kid kin kind king kings kit kitty knight la lace lacy lake lamb lane
    lark lass laurel law lawn lawyer lay lead leaf lee leech left leigh lemon les let liberty light lily lime
    lin lina lion lit lock lodge long lord lot lou love lovely low lucky mace mae major man many mar marble
    march marina mark marks marsh marshal marshall martin mason mast master masters max may me meadow mean
    mercer mercy merit merry met mews mia mild miles mill miller mills mint miracle misty mo moll moody moon
    moor moore moral more morning moss mount mouse my nail nan neat ned new nice nick night no noble noon nor
    norm norman north not now nurse oak of old olive on one opal or orchard our own page pages paige painter
    palm paradise parish park parker parson parsons pat patience patient patients pea peace peach peak pear
    pearl pearls peck peg penny pepper per person piece pike pine piper pitt place poet poll pond pool poor pope
    poppy port porter posh post potter pound power powers precious pretty price pride priest prince princess
    prior promise proud prudence purse queen quick rain rainbow rains ramble ran ray read reader ready reason
    reed reef reeve reg regal reign rex rice rich riches ride rider ridge ring rise river rivers roach rob robin
    rock rocky rod rode roe roman ron rook root rose rosemary rosy rowan roy royal ruby rue rule rush rusty
    saddler saffron sage sailor sale sally salt sam sand sandwich sandy savage savannah sawyer scott sea season
    see self sen sense serenity set sexton shade shadow shaker sharp shaw she shepherd ship short shy sid sienna
    silver simple singer singh skipper sky slater small smart smith snow so sol son song soul south spark sparks
    spear speed spencer spice spring spur star stark starling steel stern still stock stone stones storm story
    street strong stubbs sue sugar summer summers sun sunday sunny sutton swallow swan sweet swift table tailor
    tan tanner tar tate taylor teal ted teddy temple than the thorn thrift thrush tia tide tiger till tim timber
    time to tod tom too topaz tor towers town toy trace tree trinity true trust truth tuck tucker tulip turn
    turner two una unity up us use usher val vale valentine van velvet venture verity vest vi vice victor
    victory viola violet viv walk walker wall walls want ward warden ware warm warner was waters wave way we
    wealth weaver webb week welcome well wells welsh west wheat wheeler whip white who wild will willow wills
    win winner winter winters wise wish wit wolf won wonder wood woods woody worth wren wright yard yes yield
    york you young zeal zest
    """
)

TITLES_AND_RELATIVES = _set(
    """
    adviser advisor aunt auntie aunty bank brother carer client counsellor dad daddy dame daughter dob doctor dr
    father gran grandad grandma grandpa granny husband lady lord mam manager mentor miss mom mother mr mrs ms
    mum mummy mx nan nana nanny no nurse parent partner prof professor pt pupil rev reverend session sir sister
    solicitor son student supervisor teacher therapist tutor uncle volunteer wife worker
    """
)

CALENDAR_WORDS = _set(
    """
    afternoon april august christmas december diwali easter eid evening february friday fridays halfterm january
    july june march may monday mondays morning november october ramadan saturday saturdays september sunday
    sundays term thursday thursdays today tomorrow tonight tuesday tuesdays wednesday wednesdays weekend
    yesterday
    """
)

PROTECTED_TERMS = _set(
    """
    a&e ace aces act add adhd ae amitriptyline anorexia anxiety aripiprazole asc asd assessment audit auditc
    autism autistic bacp bai bdi bdiii beck bipolar bpd bps btec bulimia camhs careers cat cbt ces cft childline
    citalopram cmht concerta core core10 core34 coreom cosca counselling counsellor covid covid19 cptsd crhtt
    cruse cv dass dass21 dast dbs dbt depression diazepam did dpo dsl duloxetine dwp dyslexia dyslexic dyspraxia
    eal ehcp email emdr epds eq5d eq5d5l erp esa escitalopram eupd fluoxetine gad gad7 gcse gcses gdpr gestalt
    goal goals gp hads hcpc hmrc homework iag iapt ico ies iesr index inventory ipt isi jsa k10 k6 lado
    lamotrigine lisdexamfetamine lithium lorazepam mash mbct mbsr mcg mdd melatonin mentoring methadone
    methylphenidate mfq mg mind mini mirtazapine ml mmse moca mood naltrexone ncs neet nhs nlp nvq oasis ocd
    olanzapine om ors outcome paroxetine pcl pcl5 phq phq15 phq9 pip plan propranolol prozac psqi pss
    psychodynamic psychotherapy ptsd questionnaire quetiapine rcads rebt referral relate review risk risperidone
    ritalin rogerian sad safeguarding samaritans scale score scores sdq sen senco send sertraline session
    sessions skype sms snri srs ssri supervision swemwbs teams text tfcbt therapist therapy tlevel uc ucas ukcp
    venlafaxine voicemail wemwbs whatsapp wsas zoloft zoom zopiclone
    """
)
