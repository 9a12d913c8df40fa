"""Given and family names heard in the United Kingdom, from many communities; nobody is meant.

No name is also a word of a category (an area, an ethnicity, a month), so a gate may search extracts for all of them.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN_WOMEN = _words(
    """Aaliyah Abena Abigail Adaeze Agnieszka Aisha Alison Amara Amelia Amina Anjali Anna Aoife Ayesha Beatrice Bethan
    Bronwen Busola Carol Catherine Chanel Charlotte Chiamaka Chloe Claire Deborah Dilys Ebony Efua Elena
    Elizabeth Ellie Emily Esther Fatima Fatoumata Fiona Folasade Freya Georgia Grace Gurpreet Hafsa Hannah
    Harpreet Heather Hodan Ifeoma Imogen Ines Isla Jasmine Jennifer Joanna Jyoti Karen Kasia Kavita Keisha
    Khadija Lakshmi Layla Leanne Lerato Li-Na Linda Lowri Lucy Magdalena Mairead Mariam Marcia Megan Mei Meera
    Mercy Michelle Naomi Natasha Ngozi Nia Niamh Nicola Nimco Olivia Olwen Parveen Patience Pauline Priya Rachel
    Razia Rebecca Renée Rhiannon Rosalind Rukhsana Ruth Sadia Saoirse Sapna Sarah Shabana Shanice Sinead Siobhan
    Sofia Sunita Susan Tamara Tanisha Thandiwe Valerie Wanjiru Xiu Yasmin Yewande Zainab Zoë Zuzanna"""
)
GIVEN_MEN = _words(
    """Abdi Abdul Adam Aled Alexander Ali Amit Andrew Andrei Anthony Arjun Aziz Babatunde Benjamin Bilal Brian Callum
    Cameron Carlos Chidi Christopher Colin Connor Craig Daniel David Dafydd Delroy Dominik Dylan Ebrima Edward
    Emeka Emmanuel Eoin Errol Farhan Femi Finlay Gareth George Gethin Graham Gurdeep Hamza Harjit Harry Hassan
    Hugh Hywel Ibrahim Idris Imran Ismail Jakub Jamal James Javed Jerome Jonathan Joseph Kabir Karol Keith
    Kenneth Kofi Kwame Kwesi Leon Lewis Liam Luca Lukasz Malik Manuel Marcus Martin Matteo Michael Mohammed
    Mustafa Nathan Neil Nikhil Oliver Olumide Omar Osian Patrick Paul Pawel Peter Piotr Rajesh Ravi Reuben Rhys
    Richard Robert Rohan Ruaridh Samuel Sanjay Scott Sean Segun Simon Stephen Suresh Tariq Tendai Thomas Tomasz
    Tunde Usman Victor Vikram Wei William Winston Yaw Yusuf Zachary"""
)
FAMILY = _words(
    """Abara Abbott Abdullahi Abebe Achebe Adebayo Adeyemi Adeleke Agyeman Ahmed Akhtar Akinola Akter Alexandrou Ali
    Allsop Amankwah Amoah Andersson Anderton Annan Ansah Appiah Armitage Asante Ashworth Aspinall Atkinson Aziz
    Babatope Bajwa Baker Balogun Bangura Bannerjee Barlow Barraclough Bates Baxendale Beaumont Begum Bellamy
    Bello Bennett Bevan Bhatt Bhatti Bielak Birtwistle Blackwood Boateng Bowen Boyle Braithwaite Brennan
    Broadbent Brzezinski Butterworth Calderwood Callaghan Campbell Carmichael Carver Cattermole Chakrabarti Chan
    Chaudhry Chen Cheung Chowdhury Chukwu Clegg Coleman Collingwood Conteh Cooper Cooke Costa Cottrell Crabtree
    Crompton Cunningham Dalal Danso Darkwa Davies Deane Deng Desai Dhaliwal Dhillon Diallo Diaz Dlamini Doherty
    Donaldson Donnelly Dougan Drabble Duggan Dyson Earnshaw Eccles Edwards Egan Eghan Ekwueme Ellison Entwistle
    Evans Eze Fagan Fairclough Farah Farooq Fashola Fernandes Fitzgerald Fletcher Flynn Fofanah Forde Francis
    Fraser Frimpong Gallagher Ganguly Garside Gbadamosi Ghosh Gilchrist Gill Gomes Goldberg Goldstein Gomez
    Grabowski Greenhalgh Grewal Griffiths Gunawardena Gupta Gurung Haigh Hallam Hamilton Haque Hargreaves
    Haworth Hepworth Hernandez Hibbert Higginbottom Ho Holroyd Horrocks Hossain Howarth Hughes Hussain Ibeh Igwe
    Iqbal Islam Jackson Jagger Jalloh Jankowski Jarvis Jenkins Jeyaratnam Jimenez Johal Johnson Joshi Kaczmarek
    Kamara Kapoor Kaur Kavanagh Kelly Kershaw Khan Khatun Kiely Kimani Kinsella Kowalczyk Kowalski Krasniqi
    Kumar Kuczynski Kwarteng Lam Langley Lau Leung Levy Lewandowski Lim Littlewood Llewellyn Lomax Lopez Lumb
    MacDonald MacLeod Mahmood Makinde Malhotra Mandal Marecki Marsden Massey Mazur McAllister McBride McCarthy
    McGrath McIntyre McKenna McLaughlin Mehta Mensah Mistry Moran Morgan Moyo Mukherjee Mulligan Murphy Mwangi
    Nair Naqvi Nasser Ncube Ndlovu Nguyen Nightingale Nkemelu Noor Nowak Nunes Nwosu Oakley Obi Ocansey Odukoya
    Ofori Ogden Okafor Okeke Okonkwo Oldroyd Oliveira Olusanya Onyango Openshaw Osei Osman Owusu Oyelaran Parekh
    Parfitt Patel Pathak Pereira Petrov Pham Pickering Pillai Popescu Prendergast Prosser Pugh Quigley Quinn
    Rafferty Rahman Ramirez Rana Rathore Redfern Rees Rehman Reilly Rigby Rosenthal Rothwell Roberts Sandhu
    Santos Sarpong Schofield Scully Sesay Shackleton Shah Sharma Shepherd Siddiqui Silva Singh Skowronski
    Slattery Smith Sodhi Sousa Stainforth Sugden Sutcliffe Szymanski Tagoe Tang Taylor Tetteh Thackeray Thapa
    Thwaite Tiwari Traore Trelawney Tyldesley Uddin Umeh Unsworth Varghese Venkatesan Virk Wadsworth Walsh
    Warsame Watanabe Whittaker Widdowson Williams Wilkinson Winterbottom Wojcik Wong Woodhouse Wrigley Yadav
    Yeboah Yilmaz Zaman Zawadzki Zhang Zielinski"""
)
# Families of several people (siblings, couples, twins) take these, so that nobody else shares a name with them.
HOUSEHOLDS = _words(
    """Abernathy-Bose Blenkinsop Ciesielska Dunwoodie Ezekwesili Featherstonehaugh Gbeho-Lane Hollingsworth
    Ishmael-Rowe Jayasuriya Kilbride Lubanga Micklethwaite Nuttall-Sen Ogunbanjo Postlethwaite Quartey
    Ravensdale Szczepanski Thistlethwayte Umarov Vanderpuye Wolstenholme Yarborough"""
)
